#include "process/launcher.h"

#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <omp.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <limits>

#include "attnlab/inputs/whole_file.h"

namespace attnlab {

namespace {

constexpr int request_descriptor = 3;

int become_launcher(int channel) {
  dup2(channel, request_descriptor);
  fcntl(request_descriptor, F_SETFD, 0);
  execl("/proc/self/exe", "attnlab", "launcher", static_cast<char*>(nullptr));
  return 127;
}

/// The inputs of a group, which workers inherit.
class BlockTensors {
 public:
  /// Null if they could not be made; the worker then reports the reason.
  std::shared_ptr<const QkvTensors> of(const Cell& cell) {
    if (cell.group_key() == made_for_) return tensors_;
    tensors_.reset();
    made_for_ = cell.group_key();
    omp_set_num_threads(cell.problem.threads);
    try {
      tensors_ = load_tensors(cell);
    } catch (const std::exception&) {
    }
    // A fork does not copy threads: a worker whose OpenMP runtime still counted them would wait for them
    // forever.
    omp_pause_resource_all(omp_pause_hard);
    return tensors_;
  }

 private:
  std::string made_for_;
  std::shared_ptr<const QkvTensors> tensors_;
};

}  // namespace

Json Launcher::run(Passes passes, const Cell& cell) {
  const auto start = std::chrono::steady_clock::now();
  if (!process_) process_.emplace(become_launcher);
  process_->send_line(Json{{"passes", passes == Passes::all ? "all" : "time"},
                           {"cell", to_json(cell)},
                           {"time_s", limits_.time_s},
                           {"memory_bytes", limits_.memory_bytes}}
                          .dump());
  std::string line;
  Json record;
  // The launcher enforces the time limit.
  switch (process_->read_line(line, std::numeric_limits<double>::infinity())) {
    case ChildProcess::Reading::line:
      record = Json::parse(line);
      break;
    case ChildProcess::Reading::interrupted:
      process_.reset();
      throw Interrupted{};
    default:
      record = record_of_death(cell, process_->wait(), process_->last_words());
      process_.reset();
  }
  record["elapsed_ms"] =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  return record;
}

int launcher_main() {
  benchmark::CPUInfo::Get();  // read from /proc and /sys once
  BlockTensors tensors;
  std::FILE* const requests = fdopen(request_descriptor, "r");
  char* line = nullptr;
  std::size_t room = 0;
  while (requests != nullptr && getline(&line, &room, requests) > 0) {
    const Json request = Json::parse(line);
    const Cell cell = cell_from_json(request.at("cell"));
    const Json record = run_in_worker(request.at("passes") == "all" ? Passes::all : Passes::time, cell,
                                      tensors.of(cell), {request.at("time_s"), request.at("memory_bytes")});
    if (!write_all(request_descriptor, to_line(record) + "\n")) return 1;
  }
  return 0;
}

}  // namespace attnlab
