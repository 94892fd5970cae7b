#include "process/worker.h"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dnnl.hpp>
#include <exception>
#include <new>
#include <string_view>

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

constexpr std::string_view memory_ended = "out of memory: ";
constexpr const char* did_not_fit = "{} did not fit into the memory limit";

/// An exception that leaves a parallel region ends the process; this handler says what did not fit.
[[noreturn]] void say_what_did_not_fit() {
  try {
    if (const std::exception_ptr error = std::current_exception()) std::rethrow_exception(error);
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "{}{}\n", memory_ended, part_in_progress());
  } catch (const std::exception& error) {
    fmt::print(stderr, "uncaught exception: {}\n", error.what());
  }
  std::abort();
}

/// Runs in the worker.
int work(Passes passes, const Cell& cell, const std::shared_ptr<const QkvTensors>& tensors,
         const Limits& limits, int channel) {
  prctl(PR_SET_NAME, "attnlab-worker");
  const rlimit data{static_cast<rlim_t>(limits.memory_bytes), static_cast<rlim_t>(limits.memory_bytes)};
  if (limits.memory_bytes > 0 && !ATTNLAB_SANITIZED) setrlimit(RLIMIT_DATA, &data);
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  std::set_terminate(say_what_did_not_fit);
  Json record;
  try {
    record = run_cell(passes, cell, tensors);
  } catch (const OutOfMemory& error) {
    record = failure(cell, "out_of_memory", fmt::format(did_not_fit, error.what()));
  } catch (const std::bad_alloc&) {
    record = failure(cell, "out_of_memory", fmt::format(did_not_fit, "the record"));
  } catch (const dnnl::error& error) {
    record = failure(cell, "failed", fmt::format("oneDNN: {}", error.what()));
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
  if (WIFSIGNALED(status) && said.starts_with(memory_ended))
    return failure(cell, "out_of_memory", fmt::format(did_not_fit, said.substr(memory_ended.size())));
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
