#include <algorithm>

#include "attnlab/engines/product_choice.h"
#include "attnlab/engines/row_scratch.h"
#include "attnlab/engines/tiled/logit_tiles.h"
#include "attnlab/engines/tiled/plans.h"
#include "attnlab/engines/tiled/row_output.h"
#include "attnlab/engines/tiled/stages.h"
#include "attnlab/engines/tiled/whole_rows.h"

namespace attnlab {

namespace {

/// Largest number of queries whose whole rows a thread stores at a time.
constexpr std::int64_t most_stored_rows = 24;

class FullRowPlan final : public Plan {
 public:
  FullRowPlan(const Variant& variant, const Problem& problem, const Tiling& tiling, Workspace& workspace)
      : variant_(variant),
        problem_(problem),
        tiling_(tiling),
        stored_rows_(tiling_.cut ? std::min(most_stored_rows, tiling_.strip_rows) : short_block_rows),
        tiles_(variant_, problem, tiling_, workspace),
        rows_(tiles_, problem, tiling_, stored_rows_, workspace),
        threads_(static_cast<std::size_t>(problem.threads)) {
    for (PerThread& own : threads_) {
      own.scratch = take_row_scratch(workspace, tiling_.longest_row());
      own.sum = workspace.allocate<float>(problem.shape.head_dim_v);
    }
  }

  void run(const Inputs& inputs, const MutableTensorView& output) override {
    run_all(inputs, output, nullptr);
  }

  void run_with_statistics(const Inputs& inputs, const MutableTensorView& output,
                           std::span<RowStatistics> statistics) override {
    StatisticsPass pass(variant_, problem_, inputs, tiling_.key_tiles * tiling_.key_columns, problem_.threads,
                        stored_rows_, statistics);
    run_all(inputs, output, &pass);
  }

  std::string path() const override { return product_path(problem_.dtype, tiling_.dtype); }

 private:
  struct PerThread {
    RowScratch scratch;
    std::span<float> sum;
  };

  void run_all(const Inputs& inputs, const MutableTensorView& output, StatisticsPass* pass) {
    run_stages(
        tiling_, problem_,
        [&](const StageTile& tile, int thread) {
          tiles_.prepare_keys(inputs, tile.kv_head, tile.key_tile, tile.slot, thread);
        },
        [&](const Stage& stage, const QueryBlock& block, int thread) {
          for (std::int64_t t = 0; t < block.rows; t += stored_rows_)
            run_rows(inputs, stage,
                     {block.batch, block.head, block.first + t, std::min(stored_rows_, block.rows - t)},
                     output, pass, thread);
        });
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

  const Variant variant_;
  const Problem problem_;
  const Tiling tiling_;
  const std::int64_t stored_rows_;  ///< number of queries whose rows are stored at a time
  LogitTiles tiles_;
  WholeRows rows_;
  std::vector<PerThread> threads_;
};

}  // namespace

std::unique_ptr<Plan> make_full_row_plan(const Variant& variant, const Problem& problem,
                                         Workspace& workspace) {
  return std::make_unique<FullRowPlan>(variant, problem, make_tiling(variant, problem), workspace);
}

}  // namespace attnlab
