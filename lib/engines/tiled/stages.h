// The loop of every plan except the split one: stage by stage, first keys, then blocks of queries.
#pragma once

#include <omp.h>

#include <cstdint>

#include "attnlab/core/problem.h"
#include "attnlab/engines/openmp_threads.h"
#include "attnlab/engines/tiled/logit_tiles.h"
#include "attnlab/engines/tiled/tiling.h"

namespace attnlab {

/// Calls prepare(StageTile, thread) for every key tile of a stage, then run(Stage, QueryBlock, thread) for
/// every block of its queries, by problem.threads threads.
template <class Prepare, class Run>
void run_stages(const Tiling& tiling, const Problem& problem, Prepare prepare, Run run) {
  const OpenMpThreads one(1);  // in a team of one thread, oneDNN would start its own threads
#pragma omp parallel num_threads(problem.threads)
  {
    const int thread = omp_get_thread_num();
    for (const Stage& stage : tiling.stages) {
#pragma omp for schedule(static)
      for (std::int64_t index = 0; index < stage.heads * stage.key_tiles; ++index)
        prepare(tile_of(tiling, stage, index), thread);
#pragma omp for schedule(dynamic, 1)
      for (std::int64_t index = 0; index < count_blocks(problem.shape, stage); ++index)
        run(stage, block_of(problem.shape, tiling, stage, index), thread);
    }
  }
}

}  // namespace attnlab
