// A process that loads the program and the inputs of a group once and forks a worker for each sample of a
// block, which saves loading, linking and making inputs again. Its workers have separate heaps but share the
// address layout and the copy of the inputs, so each block has its own launcher.
#pragma once

#include <optional>

#include "process/child_process.h"
#include "process/worker.h"

namespace attnlab {

class Launcher {
 public:
  explicit Launcher(const Limits& limits) : limits_(limits) {}

  /// Runs one process of a cell and returns its record; `elapsed_ms` is the wall time of this call. On SIGINT
  /// or SIGTERM it ends all processes and throws Interrupted.
  Json run(Passes passes, const Cell& cell);

 private:
  Limits limits_;
  std::optional<ChildProcess> process_;
};

/// The main function of the launcher: answers requests on file descriptor 3 until that is closed.
int launcher_main();

}  // namespace attnlab
