#include "attnlab/engines/tiled/staged_plan.h"

#include <omp.h>

#include "attnlab/engines/openmp_threads.h"

namespace attnlab {

StagedPlan::StagedPlan(const Variant& variant, const Problem& problem, const Tiling& tiling,
                       Workspace& workspace)
    : variant_(variant), problem_(problem), tiling_(tiling), tiles_(variant_, problem, tiling_, workspace) {}

void StagedPlan::run(const Inputs& inputs, const MutableTensorView& output) {
  run_stages(inputs, output, nullptr);
}

void StagedPlan::run_with_statistics(const Inputs& inputs, const MutableTensorView& output,
                                     std::span<RowStatistics> statistics) {
  StatisticsPass pass(variant_, problem_, inputs, tiling_.map.key_tiles() * tiling_.key_columns,
                      sketched_blocks(), sketched_rows(), statistics);
  run_stages(inputs, output, &pass);
}

void StagedPlan::run_stages(const Inputs& inputs, const MutableTensorView& output, StatisticsPass* pass) {
  begin();
  const OpenMpThreads one(1);  // in a team of one thread, oneDNN would start its own threads
#pragma omp parallel num_threads(problem_.threads)
  {
    const int thread = omp_get_thread_num();
    for (const Stage& stage : tiling_.stages) {
#pragma omp for schedule(static)
      for (std::int64_t index = 0; index < stage.heads * stage.key_tiles; ++index)
        prepare(inputs, tile_of(tiling_, stage, index), pass, thread);
#pragma omp for schedule(dynamic, 1)
      for (std::int64_t index = 0; index < count_blocks(problem_.shape, stage); ++index)
        run_block(inputs, stage, block_of(problem_.shape, tiling_, stage, index), output, pass, thread);
    }
  }
}

}  // namespace attnlab
