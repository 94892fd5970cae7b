// One cell in one process of its own: whatever happens to it, there is a record.
#pragma once

#include <cstdint>

#include "cell/cell.h"
#include "cell/run_cell.h"

namespace attnlab {

struct Limits {
  double time_s = 300;            ///< for one process
  std::int64_t memory_bytes = 0;  ///< of private memory, by RLIMIT_DATA
};

/// Forks a worker (run_cell), stops it with its process group at the time limit, and gives its record; or one
/// that says why there is none. No other thread may be running, since OpenMP's do not come with a
/// fork.
Json run_in_worker(Passes passes, const Cell& cell, const std::shared_ptr<const QkvTensors>& tensors,
                   const Limits& limits);

/// The record of a cell whose process ended, with `status` as of waitpid, before it had one; `said`: its last
/// words.
Json record_of_death(const Cell& cell, int status, const std::string& said);

}  // namespace attnlab
