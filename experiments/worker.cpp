#include "worker.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <dnnl.hpp>
#include <system_error>

#include "records.h"
#include "whole_file.h"

namespace attnlab {

namespace {

constexpr int record_descriptor = 3;
volatile std::sig_atomic_t interrupted = 0;

[[noreturn]] void cannot_start() {
  throw std::system_error(errno, std::generic_category(), "a worker could not be started");
}

[[noreturn]] void become_worker(Passes passes, const std::string& cell_json, const Limits& limits, int record,
                                int messages, pid_t parent) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);
  const rlimit data{static_cast<rlim_t>(limits.memory_bytes), static_cast<rlim_t>(limits.memory_bytes)};
  if (limits.memory_bytes > 0) setrlimit(RLIMIT_DATA, &data);
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  const int nothing = open("/dev/null", O_RDWR);
  dup2(nothing, STDIN_FILENO);
  dup2(nothing, STDOUT_FILENO);
  dup2(messages, STDERR_FILENO);
  dup2(record, record_descriptor);
  fcntl(record_descriptor, F_SETFD, 0);
  execl("/proc/self/exe", "attnlab", "worker", passes == Passes::all ? "all" : "time", cell_json.c_str(),
        static_cast<char*>(nullptr));
  _exit(127);
}

/// What the worker said on stderr, its last line.
std::string last_line(int messages) {
  std::string text(4096, '\0');
  const off_t size = lseek(messages, 0, SEEK_END);
  const ssize_t got = pread(messages, text.data(), text.size(), std::max<off_t>(0, size - 4096));
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  while (!text.empty() && text.back() == '\n') text.pop_back();
  const std::size_t start = text.rfind('\n');
  return start == std::string::npos ? text : text.substr(start + 1);
}

Json failure(const Cell& cell, const std::string& status, const std::string& reason) {
  Json record = record_header(cell);
  record["status"] = status;
  record["reason"] = reason;
  return record;
}

}  // namespace

void catch_interrupts() {
  struct sigaction action = {};
  action.sa_handler = [](int) { interrupted = 1; };
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

Json run_in_worker(Passes passes, const Cell& cell, const Limits& limits) {
  const auto start = std::chrono::steady_clock::now();
  const auto elapsed_s = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) cannot_start();
  const Descriptor reading(ends[0]);
  const Descriptor messages(memfd_create("attnlab-worker", MFD_CLOEXEC));
  if (messages.get() < 0) cannot_start();
  const std::string cell_json = to_json(cell).dump();
  const pid_t parent = getpid();
  pid_t child = -1;
  {
    const Descriptor writing(ends[1]);
    child = fork();
    if (child < 0) cannot_start();
    if (child == 0) become_worker(passes, cell_json, limits, writing.get(), messages.get(), parent);
  }
  setpgid(child, child);

  std::string line;
  bool timed_out = false;
  for (;;) {
    const double left_s = limits.time_s - elapsed_s();
    if (left_s <= 0 || interrupted) {
      timed_out = !interrupted;
      kill(-child, SIGKILL);
      break;
    }
    pollfd waiting{reading.get(), POLLIN, 0};
    poll(&waiting, 1, static_cast<int>(std::min(left_s * 1000 + 1, 1000.0)));
    if (waiting.revents == 0) continue;
    char part[65536];
    const ssize_t got = read(reading.get(), part, sizeof part);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    line.append(part, static_cast<std::size_t>(got));
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  kill(-child, SIGKILL);
  if (interrupted) throw Interrupted{};

  Json record;
  const std::string said = last_line(messages.get());
  if (timed_out) {
    record = failure(cell, "timeout", fmt::format("stopped at the time limit of {:g} s", limits.time_s));
  } else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
    record = failure(cell, "out_of_memory",
                     "the worker was killed (SIGKILL), as the kernel does where memory ends");
  } else if (WIFSIGNALED(status) && said.ends_with("std::bad_alloc")) {
    record = failure(cell, "out_of_memory", "memory ended in a thread of the worker");
  } else if (WIFSIGNALED(status)) {
    record = failure(cell, "crashed",
                     fmt::format("the worker died of signal {} ({}){}", WTERMSIG(status),
                                 strsignal(WTERMSIG(status)), said.empty() ? "" : ": " + said));
  } else if (said.starts_with("libgomp: Thread creation failed")) {
    record =
        failure(cell, "out_of_memory", fmt::format("threads do not fit into the memory limit ({})", said));
  } else {
    record = Json::parse(line, nullptr, false);
    if (record.is_discarded() || !record.is_object())
      record = failure(cell, "failed",
                       fmt::format("the worker ended with status {} and no record{}", WEXITSTATUS(status),
                                   said.empty() ? "" : ": " + said));
  }
  record["elapsed_ms"] = elapsed_s() * 1000;
  return record;
}

int worker_main(const std::string& passes, const std::string& cell_json) {
  const Cell cell = cell_from_json(Json::parse(cell_json));
  Json record;
  const std::string memory = "memory ended: inputs, output and workspace do not fit into the limit";
  try {
    record = run_cell(passes == "all" ? Passes::all : Passes::time, cell);
  } catch (const std::bad_alloc&) {
    record = failure(cell, "out_of_memory", memory);
  } catch (const dnnl::error& error) {
    record = error.status == dnnl_out_of_memory
                 ? failure(cell, "out_of_memory", memory)
                 : failure(cell, "failed", fmt::format("oneDNN: {}", error.what()));
  } catch (const std::exception& error) {
    record = failure(cell, "failed", error.what());
  }
  return write_all(record_descriptor, to_line(record) + "\n") ? 0 : 1;
}

}  // namespace attnlab
