#include "attnlab/measure/machine.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <limits>

#include "attnlab/measure/cgroup.h"

namespace attnlab {

namespace {

std::string cpu_model() {
  std::ifstream cpuinfo("/proc/cpuinfo");
  std::string line;
  while (std::getline(cpuinfo, line))
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  return "unknown";
}

}  // namespace

Machine this_machine() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  const int cores = sched_getaffinity(0, sizeof allowed, &allowed) == 0 ? CPU_COUNT(&allowed) : 1;
  return {cpu_model(), cores, static_cast<std::int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE)};
}

std::optional<std::int64_t> available_memory_bytes() {
  std::optional<std::int64_t> available = memory_left_bytes(find_cgroup());
  std::ifstream meminfo("/proc/meminfo");
  std::string line;
  while (std::getline(meminfo, line)) {
    if (!line.starts_with("MemAvailable:")) continue;
    const std::int64_t bytes = std::stoll(line.substr(13)) * 1024;
    available = std::min(available.value_or(bytes), bytes);
  }
  return available;
}

std::optional<double> load_average() {
  std::ifstream loadavg("/proc/loadavg");
  double one_minute = 0;
  if (loadavg >> one_minute) return one_minute;
  return std::nullopt;
}

double timer_resolution_ns() {
  using Clock = std::chrono::steady_clock;
  double smallest = std::numeric_limits<double>::infinity();
  for (int trial = 0; trial < 1000; ++trial) {
    const Clock::time_point start = Clock::now();
    Clock::time_point end = start;
    while (end == start) end = Clock::now();
    smallest = std::min(smallest, std::chrono::duration<double, std::nano>(end - start).count());
  }
  return smallest;
}

std::optional<std::string> first_line(const std::string& file) {
  std::ifstream stream(file);
  std::string line;
  if (std::getline(stream, line)) return line;
  return std::nullopt;
}

}  // namespace attnlab
