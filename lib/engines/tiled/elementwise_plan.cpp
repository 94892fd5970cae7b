#include <algorithm>

#include "attnlab/engines/product_choice.h"
#include "attnlab/engines/tiled/logit_tiles.h"
#include "attnlab/engines/tiled/plans.h"
#include "attnlab/engines/tiled/row_output.h"
#include "attnlab/engines/tiled/stages.h"
#include "attnlab/engines/tiled/value_tiles.h"
#include "attnlab/engines/visible_keys.h"

namespace attnlab {

namespace {

class ElementwisePlan final : public Plan {
 public:
  ElementwisePlan(const Variant& variant, const Problem& problem, const Tiling& tiling, Workspace& workspace)
      : variant_(variant),
        problem_(problem),
        tiling_(tiling),
        tiles_(variant_, problem, tiling_, workspace),
        values_(problem, tiling_, workspace),
        threads_(static_cast<std::size_t>(problem.threads)) {
    for (PerThread& own : threads_) {
      own.output = workspace.allocate<float>(tiling_.query_rows * output_columns(problem));
      own.log_keys = workspace.allocate<float>(tiling_.query_rows);
    }
  }

  void run(const Inputs& inputs, const MutableTensorView& output) override {
    run_all(inputs, output, nullptr);
  }

  void run_with_statistics(const Inputs& inputs, const MutableTensorView& output,
                           std::span<RowStatistics> statistics) override {
    StatisticsPass pass(variant_, problem_, inputs, tiling_.key_tiles * tiling_.key_columns, problem_.threads,
                        tiling_.query_rows, statistics);
    run_all(inputs, output, &pass);
  }

  std::string path() const override { return product_path(problem_.dtype, values_.weights_dtype()); }

 private:
  struct PerThread {
    std::span<float> output, log_keys;
  };

  void run_all(const Inputs& inputs, const MutableTensorView& output, StatisticsPass* pass) {
    run_stages(
        tiling_, problem_,
        [&](const StageTile& tile, int thread) {
          tiles_.prepare_keys(inputs, tile.kv_head, tile.key_tile, tile.slot, thread);
          values_.prepare(inputs, tile.kv_head, tile.key_tile, tile.slot, thread);
        },
        [&](const Stage& stage, const QueryBlock& block, int thread) {
          run_block(inputs, stage, block, output, pass, thread);
        });
  }

  void run_block(const Inputs& inputs, const Stage& stage, const QueryBlock& block,
                 const MutableTensorView& output, StatisticsPass* pass, int thread) {
    PerThread& own = threads_[static_cast<std::size_t>(thread)];
    const Shape& shape = problem_.shape;
    for (std::int64_t t = 0; t < block.rows; ++t)
      own.log_keys[static_cast<std::size_t>(t)] =
          log_of_keys(variant_.pattern.keys(shape, block.first + t).count());
    SketchRows sketches;
    if (pass) {
      pass->empty(thread);
      sketches = pass->sketches(thread, block.batch, block.head);
    }
    std::fill(own.output.begin(), own.output.end(), 0.0F);

    const std::int64_t columns = output_columns(problem_);
    tiles_.open(inputs, stage, block, thread);
    tiles_.for_each_strip(
        stage, block, thread, [&](const Visit& visit, const Strip& strip, std::int64_t slot) {
          const LogitTile tile = tiles_.logits(inputs, slot, block, visit, strip, thread);
          const SketchRows own_sketches = sketches.from(strip.first_row);
          if (pass) tiles_.rows().measure_logits(tile, own_sketches.rows);
          tiles_.rows().weigh(variant_.normaliser, tile, own.log_keys.data() + strip.first_row,
                              values_.weights_dtype(), values_.weights(tile, thread),
                              pass ? &own_sketches : nullptr);
          values_.accumulate(tile, strip, slot, own.output.data() + strip.first_row * columns, thread);
        });
    values_.write_rows(variant_, inputs, block, tiles_.visits(thread), own.output.data(), output, thread);
    if (pass) write_statistics(tiles_.rows(), *pass, block, sketches.rows);
  }

  const Variant variant_;
  const Problem problem_;
  const Tiling tiling_;
  LogitTiles tiles_;
  ValueTiles values_;
  std::vector<PerThread> threads_;
};

}  // namespace

std::unique_ptr<Plan> make_elementwise_plan(const Variant& variant, const Problem& problem,
                                            Workspace& workspace) {
  return std::make_unique<ElementwisePlan>(variant, problem, make_tiling(variant, problem), workspace);
}

}  // namespace attnlab
