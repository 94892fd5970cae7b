#include <algorithm>
#include <limits>

#include "engines/operands.h"
#include "engines/tiled/logit_tiles.h"
#include "engines/tiled/plans.h"
#include "engines/tiled/stages.h"

namespace attnlab {

namespace {

/// Candidates a row may keep while its tiles pass by; a row whose support is larger is done again over its
/// whole length, short_block_rows rows at a time.
constexpr std::int64_t candidate_capacity = 512;

struct Sizes {
  std::int64_t capacity, candidates, state, output, whole_rows, whole_keys;

  Sizes(const Problem& problem, const Tiling& tiling) {
    const std::int64_t longest_row = tiling.longest_visit * tiling.key_columns;
    capacity = std::min(candidate_capacity, std::max(longest_row, 4 * row_code_columns));
    candidates = tiling.query_rows * capacity * 4;
    state = tiling.query_rows * 4;
    output = problem.shape.head_dim_v * 4;
    const bool may_spill = longest_row > capacity;
    whole_rows = may_spill ? short_block_rows * longest_row * 4 : 0;
    whole_keys = may_spill ? longest_row * 4 : 0;
  }
  std::int64_t total(int threads) const {
    return threads *
           (2 * Workspace::rounded(candidates) + 3 * Workspace::rounded(state) + Workspace::rounded(output) +
            Workspace::rounded(whole_rows) + Workspace::rounded(whole_keys));
  }
};

class ThresholdPlan final : public Plan {
 public:
  ThresholdPlan(const Variant& variant, const Problem& problem, const Tiling& tiling, Workspace& workspace)
      : variant_(variant),
        problem_(problem),
        tiling_(tiling),
        capacity_(Sizes(problem, tiling).capacity),
        tiles_(variant_, problem, tiling_, workspace),
        threads_(static_cast<std::size_t>(problem.threads)) {
    const Sizes sizes(problem, tiling);
    for (PerThread& own : threads_) {
      own.candidates = workspace.allocate<float>(sizes.candidates / 4);
      own.keys = workspace.allocate<std::int32_t>(sizes.candidates / 4);
      own.tau = workspace.allocate<float>(sizes.state / 4);
      own.maximum = workspace.allocate<float>(sizes.state / 4);
      own.counts = workspace.allocate<std::int32_t>(sizes.state / 4);
      own.output = workspace.allocate<float>(sizes.output / 4);
      own.whole_rows = workspace.allocate<float>(sizes.whole_rows / 4);
      own.whole_keys = workspace.allocate<std::int32_t>(sizes.whole_keys / 4);
      own.visits.reserve(static_cast<std::size_t>(tiling.longest_visit));
      own.strips.reserve(static_cast<std::size_t>(tiling.strips()));
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
          run_block(inputs, stage, block, output, statistics, thread);
        });
  }

  std::string path() const override { return product_path(problem_.dtype, tile_dtype(problem_, tiling_)); }

 private:
  struct PerThread {
    std::span<float> candidates, tau, maximum, output, whole_rows;
    std::span<std::int32_t> keys, counts, whole_keys;
    std::vector<Visit> visits;
    std::vector<Strip> strips;
  };

  void run_block(const Inputs& inputs, const Stage& stage, const QueryBlock& block,
                 const MutableTensorView& output, std::span<RowStatistics> statistics, int thread) {
    PerThread& own = threads_[static_cast<std::size_t>(thread)];
    std::fill(own.tau.begin(), own.tau.end(), -std::numeric_limits<float>::infinity());
    std::fill(own.maximum.begin(), own.maximum.end(), -std::numeric_limits<float>::infinity());
    std::fill(own.counts.begin(), own.counts.end(), 0);
    const std::int64_t kv_head = block.batch * problem_.shape.kv_heads + problem_.shape.kv_head(block.head);
    const std::int64_t last = block.first + block.rows;
    list_visits(variant_.pattern, problem_.shape, tiling_, block.first, last, own.visits);
    tiles_.load_queries(inputs, block, thread);
    tiles_.find_entropies(inputs, stage, block, thread);
    for (const Visit& visit : own.visits) {
      list_strips(variant_.pattern, problem_.shape, tiling_, visit, block.first, last, own.strips);
      for (const Strip& strip : own.strips) {
        const std::int64_t row = strip.first_row;
        tiles_.rows().absorb_threshold(
            variant_.normaliser,
            tiles_.logits(inputs, slot_of(tiling_, stage, kv_head, visit.key_tile), block, visit, strip,
                          thread),
            {own.tau.data() + row, own.maximum.data() + row, own.candidates.data() + row * capacity_,
             own.keys.data() + row * capacity_, own.counts.data() + row, capacity_});
      }
    }
    for (std::int64_t t = 0; t < block.rows; ++t) {
      const std::int32_t count = own.counts[static_cast<std::size_t>(t)];
      if (count == spilled) continue;
      finish_row(inputs, block, t, own.candidates.data() + t * capacity_, own.keys.data() + t * capacity_,
                 count, output, statistics, own);
    }
    for (std::int64_t t = 0; t < block.rows; t += short_block_rows) {
      const std::int64_t rows = std::min(short_block_rows, block.rows - t);
      const auto counts = own.counts.subspan(static_cast<std::size_t>(t), static_cast<std::size_t>(rows));
      if (std::count(counts.begin(), counts.end(), spilled) == 0) continue;
      run_whole_rows(inputs, stage, {block.batch, block.head, block.first + t, rows}, counts, output,
                     statistics, thread);
    }
  }

  /// Rows whose support outgrew the candidates: all their logits at once.
  void run_whole_rows(const Inputs& inputs, const Stage& stage, const QueryBlock& block,
                      std::span<const std::int32_t> counts, const MutableTensorView& output,
                      std::span<RowStatistics> statistics, int thread) {
    PerThread& own = threads_[static_cast<std::size_t>(thread)];
    const auto scale = static_cast<float>(variant_.normaliser.scale());
    const std::int64_t longest_row = static_cast<std::int64_t>(own.whole_keys.size());
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
        for (std::int64_t j = 0; j < tile.columns; ++j)
          own.whole_rows[static_cast<std::size_t>(t * longest_row + length + j)] =
              tile.logits[t * tile.stride + j] * scale;
      length += tile.columns;
    }
    for (std::int64_t t = 0; t < block.rows; ++t) {
      if (counts[static_cast<std::size_t>(t)] != spilled) continue;
      std::int64_t at = 0;
      for (const Visit& visit : own.visits)
        for (std::int64_t j = 0; j < tiling_.key_columns; ++j)
          own.whole_keys[static_cast<std::size_t>(at++)] =
              static_cast<std::int32_t>(visit.key_tile * tiling_.key_columns + j);
      finish_row(inputs, block, t, own.whole_rows.data() + t * longest_row, own.whole_keys.data(), length,
                 output, statistics, own);
    }
  }

  /// Solves row t of the block over its candidates and gathers the values of its support.
  void finish_row(const Inputs& inputs, const QueryBlock& block, std::int64_t t, float* z, std::int32_t* keys,
                  std::int64_t count, const MutableTensorView& output, std::span<RowStatistics> statistics,
                  PerThread& own) {
    const Shape& shape = problem_.shape;
    const std::int64_t i = block.first + t;
    const std::int64_t support = tiles_.rows().solve_threshold(variant_.normaliser, z, keys, count);
    std::fill(own.output.begin(), own.output.end(), 0.0F);
    for (std::int64_t s = 0; s < support; ++s)
      tiles_.rows().accumulate(z[s], inputs.v.row(block.batch, shape.kv_head(block.head), keys[s]),
                               inputs.v.dtype, own.output.data(), shape.head_dim_v);
    write_row(output, block.batch, block.head, i, own.output);
    if (statistics.empty()) return;
    statistics[static_cast<std::size_t>((block.batch * shape.heads + block.head) * shape.seqlen_q + i)] =
        row_statistics(std::span<const float>(z, static_cast<std::size_t>(support)),
                       std::span<const std::int32_t>(keys, static_cast<std::size_t>(support)),
                       variant_.pattern.keys(shape, i).count(), support, shape.position(i));
  }

  const Variant variant_;
  const Problem problem_;
  const Tiling tiling_;
  const std::int64_t capacity_;
  LogitTiles tiles_;
  std::vector<PerThread> threads_;
};

}  // namespace

std::int64_t threshold_workspace_bytes(const Variant& variant, const Problem& problem) {
  const Tiling tiling = make_tiling(variant, problem);
  return LogitTiles::workspace_bytes(variant, problem, tiling) +
         Sizes(problem, tiling).total(problem.threads);
}

std::unique_ptr<Plan> make_threshold_plan(const Variant& variant, const Problem& problem,
                                          Workspace& workspace) {
  return std::make_unique<ThresholdPlan>(variant, problem, make_tiling(variant, problem), workspace);
}

}  // namespace attnlab
