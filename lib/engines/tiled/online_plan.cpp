#include <algorithm>
#include <limits>

#include "engines/operands.h"
#include "engines/tiled/logit_tiles.h"
#include "engines/tiled/plans.h"
#include "engines/tiled/stages.h"
#include "engines/tiled/value_tiles.h"

namespace attnlab {

namespace {

struct Sizes {
  std::int64_t output, maximum, sums, sketches, row, flags;

  Sizes(const Problem& problem, const Tiling& tiling) {
    output = tiling.query_rows * output_columns(problem) * 4;
    maximum = tiling.query_rows * 4;
    sums = tiling.query_rows * row_code_columns * 4;
    sketches = tiling.query_rows * static_cast<std::int64_t>(sizeof(RowSketch));
    row = output_columns(problem) * 4;
    flags = tiling.slots();
  }
  std::int64_t total(int threads) const {
    return Workspace::rounded(flags) +
           threads * (Workspace::rounded(output) + Workspace::rounded(maximum) + Workspace::rounded(sums) +
                      Workspace::rounded(sketches) + Workspace::rounded(row));
  }
};

class OnlinePlan final : public Plan {
 public:
  OnlinePlan(const Variant& variant, const Problem& problem, const Tiling& tiling, Workspace& workspace)
      : variant_(variant),
        problem_(problem),
        tiling_(tiling),
        tiles_(variant_, problem, tiling_, workspace),
        values_(problem, tiling_, workspace),
        threads_(static_cast<std::size_t>(problem.threads)) {
    const Sizes sizes(problem, tiling);
    nonfinite_ = workspace.allocate<char>(sizes.flags);
    for (PerThread& own : threads_) {
      own.output = workspace.allocate<float>(sizes.output / 4);
      own.maximum = workspace.allocate<float>(sizes.maximum / 4);
      own.sums = workspace.allocate<float>(sizes.sums / 4);
      own.sketches = workspace.allocate<RowSketch>(tiling.query_rows);
      own.row = workspace.allocate<float>(sizes.row / 4);
      own.visits.reserve(static_cast<std::size_t>(tiling.longest_visit));
      own.strips.reserve(static_cast<std::size_t>(tiling.strips()));
    }
  }

  void run(const Inputs& inputs, const MutableTensorView& output) override {
    run_all<false>(inputs, output, {});
  }

  void run_with_statistics(const Inputs& inputs, const MutableTensorView& output,
                           std::span<RowStatistics> statistics) override {
    run_all<true>(inputs, output, statistics);
  }

  std::string path() const override { return product_path(problem_.dtype, values_.weights_dtype()); }

 private:
  struct PerThread {
    std::span<float> output, maximum, sums, row;
    std::span<RowSketch> sketches;
    std::vector<Visit> visits;
    std::vector<Strip> strips;
  };

  template <bool with_statistics>
  void run_all(const Inputs& inputs, const MutableTensorView& output, std::span<RowStatistics> statistics) {
    run_stages(
        tiling_, problem_,
        [&](const StageTile& tile, int thread) {
          tiles_.prepare_keys(inputs, tile.kv_head, tile.key_tile, tile.slot, thread);
          nonfinite_[static_cast<std::size_t>(tile.slot)] =
              values_.prepare(inputs, tile.kv_head, tile.key_tile, tile.slot, thread);
        },
        [&](const Stage& stage, const QueryBlock& block, int thread) {
          run_block<with_statistics>(inputs, stage, block, output, statistics, thread);
        });
  }

  template <bool with_statistics>
  void run_block(const Inputs& inputs, const Stage& stage, const QueryBlock& block,
                 const MutableTensorView& output, std::span<RowStatistics> statistics, int thread) {
    PerThread& own = threads_[static_cast<std::size_t>(thread)];
    const Shape& shape = problem_.shape;
    std::fill(own.maximum.begin(), own.maximum.end(), -std::numeric_limits<float>::infinity());
    std::fill(own.sums.begin(), own.sums.end(), 0.0F);
    std::fill(own.output.begin(), own.output.end(), 0.0F);
    if constexpr (with_statistics) std::fill(own.sketches.begin(), own.sketches.end(), RowSketch{});

    const std::int64_t last = block.first + block.rows;
    const std::int64_t kv_head = block.batch * shape.kv_heads + shape.kv_head(block.head);
    list_visits(variant_.pattern, shape, tiling_, block.first, last, own.visits);
    tiles_.load_queries(inputs, block, thread);
    tiles_.find_entropies(inputs, stage, block, thread);
    for (const Visit& visit : own.visits) {
      list_strips(variant_.pattern, shape, tiling_, visit, block.first, last, own.strips);
      for (const Strip& strip : own.strips) {
        const std::int64_t slot = slot_of(tiling_, stage, kv_head, visit.key_tile);
        const LogitTile tile = tiles_.logits(inputs, slot, block, visit, strip, thread);
        const OnlineRows state = rows_from(own, strip.first_row);
        if constexpr (with_statistics)
          tiles_.rows().absorb_online_with_statistics(tile, state, values_.weights_dtype(),
                                                      values_.weights(tile, thread),
                                                      own.sketches.data() + strip.first_row);
        else
          tiles_.rows().absorb_online(tile, state, values_.weights_dtype(), values_.weights(tile, thread));
        values_.accumulate(tile, strip, slot, state.output, thread);
      }
    }
    add_null_key(variant_.normaliser, rows_from(own, 0), block.rows);
    tiles_.rows().finish_online(rows_from(own, 0), block.rows);
    for (const Visit& visit : own.visits) {
      if (!nonfinite_[static_cast<std::size_t>(slot_of(tiling_, stage, kv_head, visit.key_tile))]) continue;
      for (std::int64_t t = 0; t < block.rows; ++t)
        add_nonfinite_values(variant_, problem_, inputs, block.batch, shape.kv_head(block.head),
                             visit.key_tile * tiling_.key_columns, tiling_.key_columns, block.first + t,
                             nullptr, own.row, output_row(own, t));
    }
    for (std::int64_t t = 0; t < block.rows; ++t) {
      write_row(output, block.batch, block.head, block.first + t, output_row(own, t));
      if constexpr (with_statistics)
        statistics[static_cast<std::size_t>((block.batch * shape.heads + block.head) * shape.seqlen_q +
                                            block.first + t)] =
            row_statistics(own.sketches[static_cast<std::size_t>(t)],
                           variant_.pattern.keys(shape, block.first + t).count());
    }
  }

  /// The softmax state of the block's rows from `row` on.
  OnlineRows rows_from(const PerThread& own, std::int64_t row) const {
    const std::int64_t columns = output_columns(problem_);
    return {own.maximum.data() + row, own.sums.data() + row * row_code_columns,
            own.output.data() + row * columns, columns, columns};
  }

  std::span<float> output_row(const PerThread& own, std::int64_t t) const {
    const std::int64_t stride = output_columns(problem_);
    return own.output.subspan(static_cast<std::size_t>(t * stride),
                              static_cast<std::size_t>(problem_.shape.head_dim_v));
  }

  const Variant variant_;
  const Problem problem_;
  const Tiling tiling_;
  LogitTiles tiles_;
  ValueTiles values_;
  std::span<char> nonfinite_;
  std::vector<PerThread> threads_;
};

}  // namespace

std::int64_t online_workspace_bytes(const Variant& variant, const Problem& problem) {
  const Tiling tiling = make_tiling(variant, problem);
  return LogitTiles::workspace_bytes(variant, problem, tiling) +
         ValueTiles::workspace_bytes(problem, tiling) + Sizes(problem, tiling).total(problem.threads);
}

std::unique_ptr<Plan> make_online_plan(const Variant& variant, const Problem& problem, Workspace& workspace) {
  return std::make_unique<OnlinePlan>(variant, problem, make_tiling(variant, problem), workspace);
}

}  // namespace attnlab
