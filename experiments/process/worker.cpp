#include "process/worker.h"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <csignal>
#include <cstring>
#include <dnnl.hpp>

#include "attnlab/core/block.h"
#include "attnlab/inputs/whole_file.h"
#include "process/child_process.h"

namespace attnlab {

namespace {

Json failure(const Cell& cell, const std::string& status, const std::string& reason) {
  Json record = record_header(cell);
  record["status"] = status;
  record["reason"] = reason;
  return record;
}

/// Runs in the worker.
int work(Passes passes, const Cell& cell, const std::shared_ptr<const QkvTensors>& tensors,
         const Limits& limits, int channel) {
  prctl(PR_SET_NAME, "attnlab-worker");
  const rlimit data{static_cast<rlim_t>(limits.memory_bytes), static_cast<rlim_t>(limits.memory_bytes)};
  if (limits.memory_bytes > 0 && !ATTNLAB_SANITIZED) setrlimit(RLIMIT_DATA, &data);
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  Json record;
  const std::string memory = "out of memory: inputs, output and workspace exceed the memory limit";
  try {
    record = run_cell(passes, cell, tensors);
  } catch (const std::bad_alloc&) {
    record = failure(cell, "out_of_memory", memory);
  } catch (const dnnl::error& error) {
    record = error.status == dnnl_out_of_memory
                 ? failure(cell, "out_of_memory", memory)
                 : failure(cell, "failed", fmt::format("oneDNN: {}", error.what()));
  } catch (const std::exception& error) {
    record = failure(cell, "failed", error.what());
  }
  return write_all(channel, to_line(record) + "\n") ? 0 : 1;
}

}  // namespace

Json record_of_death(const Cell& cell, int status, const std::string& said) {
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
    return failure(cell, "out_of_memory",
                   "the worker was killed by SIGKILL, as the kernel does when memory runs out");
  if (WIFSIGNALED(status) && said.ends_with("std::bad_alloc"))
    return failure(cell, "out_of_memory", "a thread of the worker ran out of memory");
  if (WIFSIGNALED(status))
    return failure(cell, "crashed",
                   fmt::format("the worker was ended by signal {} ({}){}", WTERMSIG(status),
                               strsignal(WTERMSIG(status)), said.empty() ? "" : ": " + said));
  if (said.starts_with("libgomp: Thread creation failed"))
    return failure(cell, "out_of_memory", fmt::format("the threads exceed the memory limit ({})", said));
  return failure(cell, "failed",
                 fmt::format("the worker ended with status {} and no record{}", WEXITSTATUS(status),
                             said.empty() ? "" : ": " + said));
}

Json run_in_worker(Passes passes, const Cell& cell, const std::shared_ptr<const QkvTensors>& tensors,
                   const Limits& limits) {
  ChildProcess worker([&](int channel) { return work(passes, cell, tensors, limits, channel); });
  std::string line;
  switch (worker.read_line(line, limits.time_s)) {
    case ChildProcess::Reading::line:
      return Json::parse(line);
    case ChildProcess::Reading::late:
      return failure(cell, "timeout", fmt::format("stopped at the time limit of {:g} s", limits.time_s));
    default:
      return record_of_death(cell, worker.wait(), worker.last_words());
  }
}

}  // namespace attnlab
