// A process that has loaded the program and the inputs of a group once, and forks a worker for each sample of
// a block: these need not load, link and make them again. Its workers have heaps of their own, but one layout
// of addresses and one copy of the inputs, so each block gets a launcher of its own.
#pragma once

#include <optional>

#include "process/child_process.h"
#include "process/worker.h"

namespace attnlab {

class Launcher {
 public:
  explicit Launcher(const Limits& limits) : limits_(limits) {}

  /// The record of one process of a cell, with the wall time from asking for it as `elapsed_ms`. Throws
  /// Interrupted after SIGINT or SIGTERM, with all processes stopped.
  Json run(Passes passes, const Cell& cell);

 private:
  Limits limits_;
  std::optional<ChildProcess> process_;
};

/// The launcher's side: answers requests on file descriptor 3 until its end.
int launcher_main();

struct Interrupted {};

}  // namespace attnlab
