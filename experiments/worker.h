// One cell in one child process: whatever happens to it, the parent gets a record.
#pragma once

#include <cstdint>

#include "cell.h"
#include "run_cell.h"

namespace attnlab {

struct Limits {
  double time_s = 300;            ///< for one process
  std::int64_t memory_bytes = 0;  ///< of private memory, by RLIMIT_DATA
};

/// Starts this program again as a worker, stops it with its process group at the time limit, and gives its
/// record; or one that says why there is none. Throws Interrupted after SIGINT or SIGTERM, with the worker
/// stopped.
Json run_in_worker(Passes passes, const Cell& cell, const Limits& limits);

/// The worker's side: reads the passes and the cell from its arguments, writes the record to file
/// descriptor 3.
int worker_main(const std::string& passes, const std::string& cell_json);

struct Interrupted {};

/// From here on SIGINT and SIGTERM end run_in_worker rather than the process.
void catch_interrupts();

}  // namespace attnlab
