// One cell in a process of its own. There is a record even if the process fails.
#pragma once

#include <cstdint>

#include "cell/cell.h"
#include "cell/run_cell.h"

namespace attnlab {

struct Limits {
  double time_s = 300;            ///< limit of one process
  std::int64_t memory_bytes = 0;  ///< limit of private memory (RLIMIT_DATA)
};

/// Forks a worker, which calls run_cell, and returns its record, or a record with the reason of its failure.
/// At the time limit it kills the process group of the worker. No other thread may run, since a fork does not
/// copy OpenMP's threads.
Json run_in_worker(Passes passes, const Cell& cell, const std::shared_ptr<const QkvTensors>& tensors,
                   const Limits& limits);

/// The record of a cell whose process ended without one. `status`: as returned by waitpid; `said`: the last
/// line on stderr.
Json record_of_death(const Cell& cell, int status, const std::string& said);

}  // namespace attnlab
