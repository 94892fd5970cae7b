#include <algorithm>
#include <limits>
#include <optional>

#include "attnlab/engines/null_key.h"
#include "attnlab/engines/product_choice.h"
#include "attnlab/engines/tiled/online_factors.h"
#include "attnlab/engines/tiled/overflowed_rows.h"
#include "attnlab/engines/tiled/plans.h"
#include "attnlab/engines/tiled/row_output.h"
#include "attnlab/engines/tiled/staged_plan.h"
#include "attnlab/engines/tiled/value_tiles.h"

namespace attnlab {

namespace {

class OnlinePlan final : public StagedPlan {
 public:
  OnlinePlan(const Variant& variant, const Problem& problem, const Tiling& tiling, Workspace& workspace)
      : StagedPlan(variant, problem, tiling, workspace),
        values_(problem, tiling_, workspace),
        threads_(static_cast<std::size_t>(problem.threads)) {
    if (has_factors(variant_)) factors_.emplace(variant_, problem, tiling_, workspace);
    for (PerThread& own : threads_) {
      own.output = workspace.allocate<float>(tiling_.query_rows * output_columns(problem));
      own.maximum = workspace.allocate<float>(tiling_.query_rows);
      own.sums = workspace.allocate<float>(tiling_.query_rows * row_code_columns);
      own.overflow_factors = workspace.allocate<float>(tiling_.query_rows);
    }
  }

  std::string path() const override { return product_path(problem_.dtype, values_.weights_dtype()); }

 private:
  struct PerThread {
    std::span<float> output, maximum, sums;
    std::span<float> overflow_factors;
  };

  std::int64_t sketched_blocks() const override { return (factors_ ? 2 : 1) * problem_.threads; }

  void prepare(const Inputs& inputs, const StageTile& tile, const StatisticsPass*, int thread) override {
    tiles_.prepare_keys(inputs, tile.kv_head, tile.key_tile, tile.slot, thread);
    values_.prepare(inputs, tile.kv_head, tile.key_tile, tile.slot, thread);
  }

  void run_block(const Inputs& inputs, const Stage& stage, const QueryBlock& block,
                 const MutableTensorView& output, StatisticsPass* pass, int thread) override {
    if (pass)
      run_block<true>(inputs, stage, block, output, pass, thread);
    else
      run_block<false>(inputs, stage, block, output, nullptr, thread);
  }

  template <bool with_statistics>
  void run_block(const Inputs& inputs, const Stage& stage, const QueryBlock& block,
                 const MutableTensorView& output, StatisticsPass* pass, int thread) {
    PerThread& own = threads_[static_cast<std::size_t>(thread)];
    const std::span<float> factors = own.overflow_factors.subspan(0, static_cast<std::size_t>(block.rows));
    SketchRows sketches;
    SketchRows plain;  // of the logits before factors
    if constexpr (with_statistics) {
      pass->empty(thread, block.first);
      sketches = pass->sketches(thread, block.batch, block.head);
      if (factors_) {
        pass->empty(problem_.threads + thread, block.first);
        plain = pass->sketches(problem_.threads + thread, block.batch, block.head);
      }
    }
    absorb<with_statistics>(inputs, stage, block, sketches, plain, {}, thread);
    const bool overflowed =
        find_overflowed_rows(tiles_.rows(), rows_from(own, 0), problem_.shape.seqlen_k, factors);
    if (overflowed) absorb<false>(inputs, stage, block, {}, {}, factors, thread);
    add_null_key(variant_.normaliser, factors_ ? factors_->logits(thread) : rows_from(own, 0), block.rows);
    tiles_.rows().finish_online(rows_from(own, 0), block.rows);
    if (factors_) factors_->scale(rows_from(own, 0), block.rows, thread);
    if (overflowed) restore_rows(rows_from(own, 0), factors);
    values_.write_rows(variant_.pattern, inputs, block, tiles_.visits(thread), tiles_.facts(0, thread),
                       own.output.data(), output, thread);
    if (with_statistics && factors_)
      for (std::int64_t t = 0; t < block.rows; ++t) sketches.rows[t].logits = plain.rows[t].logits;
    if constexpr (with_statistics)
      write_statistics(tiles_.rows(), *pass, block, sketches.rows, tiles_.facts(0, thread));
  }

  /// Absorbs all tiles of a block. `overflow_factors`: of the weights of its rows, or empty.
  template <bool with_statistics>
  void absorb(const Inputs& inputs, const Stage& stage, const QueryBlock& block, const SketchRows& sketches,
              const SketchRows& plain, std::span<const float> overflow_factors, int thread) {
    PerThread& own = threads_[static_cast<std::size_t>(thread)];
    std::fill(own.maximum.begin(), own.maximum.end(), -std::numeric_limits<float>::infinity());
    std::fill(own.sums.begin(), own.sums.end(), 0.0F);
    std::fill(own.output.begin(), own.output.end(), 0.0F);
    tiles_.open(inputs, stage, block, thread);
    if (factors_) factors_->open(inputs, block.head, thread);
    tiles_.for_each_strip(
        stage, block, thread, [&](const Visit& visit, const Strip& strip, std::int64_t slot) {
          const LogitTile tile = tiles_.logits(inputs, slot, block, visit, strip, thread);
          const OnlineRows state = rows_from(own, strip.first_row);
          void* const weights = values_.weights(tile, thread);
          if (factors_) {
            if constexpr (with_statistics) tiles_.rows().measure_logits(tile, plain.rows + strip.first_row);
            factors_->apply(tile, strip.first_row, thread);
          }
          if constexpr (with_statistics)
            tiles_.rows().absorb_online_with_statistics(tile, state, values_.weights_dtype(), weights,
                                                        sketches.from(strip.first_row));
          else
            tiles_.rows().absorb_online(tile, state, values_.weights_dtype(), weights);
          if (!overflow_factors.empty())
            scale_weights(tile, values_.weights_dtype(), weights,
                          overflow_factors.subspan(static_cast<std::size_t>(strip.first_row)));
          values_.accumulate(tile, strip, slot, state.output, thread);
        });
  }

  /// The softmax state of the rows of the block from `row` on.
  OnlineRows rows_from(const PerThread& own, std::int64_t row) const {
    const std::int64_t columns = output_columns(problem_);
    return {own.maximum.data() + row, own.sums.data() + row * row_code_columns,
            own.output.data() + row * columns, columns, columns};
  }

  ValueTiles values_;
  std::optional<OnlineFactors> factors_;
  std::vector<PerThread> threads_;
};

}  // namespace

std::unique_ptr<Plan> make_online_plan(const Variant& variant, const Problem& problem, Workspace& workspace) {
  return std::make_unique<OnlinePlan>(variant, problem, make_tiling(variant, problem, workspace), workspace);
}

}  // namespace attnlab
