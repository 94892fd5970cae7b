#include <algorithm>

#include "attnlab/engines/product_choice.h"
#include "attnlab/engines/row_scratch.h"
#include "attnlab/engines/tiled/plans.h"
#include "attnlab/engines/tiled/row_output.h"
#include "attnlab/engines/tiled/staged_plan.h"
#include "attnlab/engines/tiled/whole_rows.h"

namespace attnlab {

namespace {

/// Largest number of queries whose whole rows a thread stores at a time.
constexpr std::int64_t most_stored_rows = 24;

class FullRowPlan final : public StagedPlan {
 public:
  FullRowPlan(const Variant& variant, const Problem& problem, const Tiling& tiling, Workspace& workspace)
      : StagedPlan(variant, problem, tiling, workspace),
        stored_rows_(tiling_.cut ? std::min(most_stored_rows, tiling_.strip_rows) : short_block_rows),
        rows_(tiles_, problem, tiling_, stored_rows_, workspace),
        threads_(static_cast<std::size_t>(problem.threads)) {
    for (PerThread& own : threads_) {
      own.scratch = take_row_scratch(workspace, tiling_.longest_row());
      own.sum = workspace.allocate<float>(problem.shape.head_dim_v);
    }
  }

  std::string path() const override { return product_path(problem_.dtype, tiling_.dtype); }

 private:
  struct PerThread {
    RowScratch scratch;
    std::span<float> sum;
  };

  std::int64_t sketched_rows() const override { return stored_rows_; }

  void prepare(const Inputs& inputs, const StageTile& tile, const StatisticsPass*, int thread) override {
    tiles_.prepare_keys(inputs, tile.kv_head, tile.key_tile, tile.slot, thread);
  }

  void run_block(const Inputs& inputs, const Stage& stage, const QueryBlock& block,
                 const MutableTensorView& output, StatisticsPass* pass, int thread) override {
    for (std::int64_t t = 0; t < block.rows; t += stored_rows_)
      run_rows(inputs, stage,
               {block.batch, block.head, block.first + t, std::min(stored_rows_, block.rows - t)}, output,
               pass, thread);
  }

  void run_rows(const Inputs& inputs, const Stage& stage, const QueryBlock& block,
                const MutableTensorView& output, StatisticsPass* pass, int thread) {
    PerThread& own = threads_[static_cast<std::size_t>(thread)];
    rows_.load(inputs, stage, block, thread);
    if (pass) pass->empty(thread, block.first);
    for (std::int64_t t = 0; t < block.rows; ++t) {
      const auto [logits, keys] = rows_.row(t, thread);
      SketchRows sketches;
      if (pass) {
        sketches = pass->sketches(thread, block.batch, block.head).from(t);
        const auto columns = static_cast<std::int64_t>(logits.size());
        tiles_.rows().measure_logits({logits.data(), columns, 1, columns}, sketches.rows);
      }
      const auto support = static_cast<std::size_t>(variant_.normaliser.solve_row(logits, keys, own.scratch));
      const SupportRow row{block.batch,
                           block.head,
                           block.first + t,
                           logits.subspan(0, support),
                           keys.subspan(0, support),
                           tiles_.facts(t, thread)};
      write_support_row(tiles_.rows(), variant_, problem_.shape, inputs, row, own.sum, output, pass,
                        sketches);
    }
  }

  const std::int64_t stored_rows_;  ///< number of queries whose rows are stored at a time
  WholeRows rows_;
  std::vector<PerThread> threads_;
};

}  // namespace

std::unique_ptr<Plan> make_full_row_plan(const Variant& variant, const Problem& problem,
                                         Workspace& workspace) {
  return std::make_unique<FullRowPlan>(variant, problem, make_tiling(variant, problem, workspace), workspace);
}

}  // namespace attnlab
