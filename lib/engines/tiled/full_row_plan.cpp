#include <algorithm>

#include "engines/operands.h"
#include "engines/tiled/logit_tiles.h"
#include "engines/tiled/plans.h"
#include "engines/tiled/stages.h"

namespace attnlab {

namespace {

/// Most queries whose whole rows a thread holds at a time.
constexpr std::int64_t most_stored_rows = 24;

struct Sizes {
  std::int64_t stored_rows, longest_row, rows, keys, output;

  Sizes(const Problem& problem, const Tiling& tiling)
      : stored_rows(tiling.cut ? std::min(most_stored_rows, tiling.strip_rows) : short_block_rows),
        longest_row(tiling.longest_visit * tiling.key_columns),
        rows(stored_rows * longest_row * 4),
        keys(longest_row * 4),
        output(problem.shape.head_dim_v * 4) {}
  std::int64_t total(int threads) const {
    return threads * (Workspace::rounded(rows) + Workspace::rounded(keys) + row_scratch_bytes(longest_row) +
                      Workspace::rounded(output));
  }
};

class FullRowPlan final : public Plan {
 public:
  FullRowPlan(const Variant& variant, const Problem& problem, const Tiling& tiling, Workspace& workspace)
      : variant_(variant),
        problem_(problem),
        tiling_(tiling),
        sizes_(problem, tiling),
        tiles_(variant_, problem, tiling_, workspace),
        threads_(static_cast<std::size_t>(problem.threads)) {
    for (PerThread& own : threads_) {
      own.rows = workspace.allocate<float>(sizes_.rows / 4);
      own.keys = workspace.allocate<std::int32_t>(sizes_.keys / 4);
      own.scratch = take_row_scratch(workspace, sizes_.longest_row);
      own.output = workspace.allocate<float>(sizes_.output / 4);
      own.visits.reserve(static_cast<std::size_t>(tiling.longest_visit));
    }
  }

  void run(const Inputs& inputs, const MutableTensorView& output) override {
    run_with_statistics(inputs, output, {});
  }

  void run_with_statistics(const Inputs& inputs, const MutableTensorView& output,
                           std::span<RowStatistics> statistics) override {
    run_stages(
        tiling_, problem_,
        [&](const StageTile& tile, int thread) {
          tiles_.prepare_keys(inputs, tile.kv_head, tile.key_tile, tile.slot, thread);
        },
        [&](const Stage& stage, const QueryBlock& block, int thread) {
          for (std::int64_t t = 0; t < block.rows; t += sizes_.stored_rows)
            run_rows(inputs, stage,
                     {block.batch, block.head, block.first + t, std::min(sizes_.stored_rows, block.rows - t)},
                     output, statistics, thread);
        });
  }

  std::string path() const override { return product_path(problem_.dtype, tile_dtype(problem_, tiling_)); }

 private:
  struct PerThread {
    std::span<float> rows, output;
    std::span<std::int32_t> keys;
    RowScratch scratch;
    std::vector<Visit> visits;
  };

  void run_rows(const Inputs& inputs, const Stage& stage, const QueryBlock& block,
                const MutableTensorView& output, std::span<RowStatistics> statistics, int thread) {
    PerThread& own = threads_[static_cast<std::size_t>(thread)];
    list_visits(variant_.pattern, problem_.shape, tiling_, block.first, block.first + block.rows, own.visits);
    tiles_.load_queries(inputs, block, thread);
    tiles_.find_entropies(inputs, stage, block, thread);
    const std::int64_t kv_head = block.batch * problem_.shape.kv_heads + problem_.shape.kv_head(block.head);
    std::int64_t length = 0;
    for (const Visit& visit : own.visits) {
      const Strip whole{0, block.rows, 0, tiling_.key_columns, visit.masked};
      const LogitTile tile = tiles_.logits(inputs, slot_of(tiling_, stage, kv_head, visit.key_tile), block,
                                           visit, whole, thread);
      for (std::int64_t t = 0; t < block.rows; ++t)
        std::copy_n(tile.logits + t * tile.stride, tile.columns,
                    own.rows.data() + t * sizes_.longest_row + length);
      length += tile.columns;
    }
    for (std::int64_t t = 0; t < block.rows; ++t) {
      std::size_t at = 0;
      for (const Visit& visit : own.visits)
        for (std::int64_t j = 0; j < tiling_.key_columns; ++j)
          own.keys[at++] = static_cast<std::int32_t>(visit.key_tile * tiling_.key_columns + j);
      finish_row(inputs, block, t, own.rows.subspan(static_cast<std::size_t>(t * sizes_.longest_row), at),
                 output, statistics, own);
    }
  }

  /// Turns row t of the block into weights and gathers the values of its support.
  void finish_row(const Inputs& inputs, const QueryBlock& block, std::int64_t t, std::span<float> row,
                  const MutableTensorView& output, std::span<RowStatistics> statistics, PerThread& own) {
    const Shape& shape = problem_.shape;
    const std::int64_t i = block.first + t;
    const auto support = static_cast<std::size_t>(
        variant_.normaliser.solve_row(row, own.keys.subspan(0, row.size()), own.scratch));
    std::fill(own.output.begin(), own.output.end(), 0.0F);
    for (std::size_t s = 0; s < support; ++s)
      tiles_.rows().accumulate(row[s], inputs.v.row(block.batch, shape.kv_head(block.head), own.keys[s]),
                               inputs.v.dtype, own.output.data(), shape.head_dim_v);
    write_row(output, block.batch, block.head, i, own.output);
    if (statistics.empty()) return;
    statistics[static_cast<std::size_t>((block.batch * shape.heads + block.head) * shape.seqlen_q + i)] =
        row_statistics(std::span<const float>(row.subspan(0, support)),
                       std::span<const std::int32_t>(own.keys.subspan(0, support)),
                       variant_.pattern.keys(shape, i).count(), static_cast<std::int64_t>(support),
                       shape.position(i));
  }

  const Variant variant_;
  const Problem problem_;
  const Tiling tiling_;
  const Sizes sizes_;
  LogitTiles tiles_;
  std::vector<PerThread> threads_;
};

}  // namespace

std::int64_t full_row_workspace_bytes(const Variant& variant, const Problem& problem) {
  const Tiling tiling = make_tiling(variant, problem);
  return LogitTiles::workspace_bytes(variant, problem, tiling) +
         Sizes(problem, tiling).total(problem.threads);
}

std::unique_ptr<Plan> make_full_row_plan(const Variant& variant, const Problem& problem,
                                         Workspace& workspace) {
  return std::make_unique<FullRowPlan>(variant, problem, make_tiling(variant, problem), workspace);
}

}  // namespace attnlab
