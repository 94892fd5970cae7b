#include <algorithm>

#include "attnlab/engines/product_choice.h"
#include "attnlab/engines/tiled/plans.h"
#include "attnlab/engines/tiled/row_output.h"
#include "attnlab/engines/tiled/staged_plan.h"
#include "attnlab/engines/tiled/value_tiles.h"
#include "attnlab/engines/visible_keys.h"

namespace attnlab {

namespace {

class ElementwisePlan final : public StagedPlan {
 public:
  ElementwisePlan(const Variant& variant, const Problem& problem, const Tiling& tiling, Workspace& workspace)
      : StagedPlan(variant, problem, tiling, workspace),
        values_(problem, tiling_, workspace),
        threads_(static_cast<std::size_t>(problem.threads)) {
    for (PerThread& own : threads_) {
      own.output = workspace.allocate<float>(tiling_.query_rows * output_columns(problem));
      own.keys = workspace.allocate<RowKeys>(tiling_.query_rows);
    }
  }

  std::string path() const override { return product_path(problem_.dtype, values_.weights_dtype()); }

 private:
  struct PerThread {
    std::span<float> output;
    std::span<RowKeys> keys;
  };

  void prepare(const Inputs& inputs, const StageTile& tile, const StatisticsPass*, int thread) override {
    tiles_.prepare_keys(inputs, tile.kv_head, tile.key_tile, tile.slot, thread);
    values_.prepare(inputs, tile.kv_head, tile.key_tile, tile.slot, thread);
  }

  void run_block(const Inputs& inputs, const Stage& stage, const QueryBlock& block,
                 const MutableTensorView& output, StatisticsPass* pass, int thread) override {
    PerThread& own = threads_[static_cast<std::size_t>(thread)];
    SketchRows sketches;
    if (pass) {
      pass->empty(thread, block.first);
      sketches = pass->sketches(thread, block.batch, block.head);
    }
    std::fill(own.output.begin(), own.output.end(), 0.0F);

    const std::int64_t columns = output_columns(problem_);
    tiles_.open(inputs, stage, block, thread);
    for (std::int64_t t = 0; t < block.rows; ++t)
      own.keys[static_cast<std::size_t>(t)] = row_keys(count_visible_keys(
          variant_.pattern, problem_.shape, block.head, block.first + t, tiles_.facts(t, thread)));
    tiles_.for_each_strip(
        stage, block, thread, [&](const Visit& visit, const Strip& strip, std::int64_t slot) {
          const LogitTile tile = tiles_.logits(inputs, slot, block, visit, strip, thread);
          const SketchRows own_sketches = sketches.from(strip.first_row);
          if (pass) tiles_.rows().measure_logits(tile, own_sketches.rows);
          tiles_.rows().weigh(variant_.normaliser, tile, own.keys.data() + strip.first_row,
                              values_.weights_dtype(), values_.weights(tile, thread),
                              pass ? &own_sketches : nullptr);
          values_.accumulate(tile, strip, slot, own.output.data() + strip.first_row * columns, thread);
        });
    values_.write_rows(variant_.pattern, inputs, block, tiles_.visits(thread), tiles_.facts(0, thread),
                       own.output.data(), output, thread);
    if (pass) write_statistics(tiles_.rows(), *pass, block, sketches.rows, tiles_.facts(0, thread));
  }

  ValueTiles values_;
  std::vector<PerThread> threads_;
};

}  // namespace

std::unique_ptr<Plan> make_elementwise_plan(const Variant& variant, const Problem& problem,
                                            Workspace& workspace) {
  return std::make_unique<ElementwisePlan>(variant, problem, make_tiling(variant, problem, workspace),
                                           workspace);
}

}  // namespace attnlab
