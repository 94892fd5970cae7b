#include "attnlab/measure/disturbance.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>

#include "attnlab/measure/cgroup.h"

namespace attnlab {

namespace {

constexpr double most_stolen = 0.01;        ///< of the wall time
constexpr double most_waited = 0.01;        ///< of the wall time; one waiting thread delays all threads
constexpr double most_switches_per_s = 20;  ///< per thread; used if the waiting time is unknown
constexpr double slowest_clock = 1.10;      ///< relative to the fastest calibration
constexpr std::uint64_t calibration_steps = 200'000;

double nanoseconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_usec) * 1e3;
}

/// nullopt if the kernel does not count it.
std::optional<double> waited_ns() {
  double ran_sum = 0;
  double sum = 0;
  std::error_code error;
  for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task", error)) {
    std::ifstream schedstat(thread.path() / "schedstat");
    double ran = 0;
    double waited = 0;
    if (!(schedstat >> ran >> waited)) return std::nullopt;
    ran_sum += ran;
    sum += waited;
  }
  return error || ran_sum == 0 ? std::nullopt : std::optional(sum);
}

/// a + sign x b; nullopt if either is missing.
template <class Number>
std::optional<Number> add(const std::optional<Number>& a, Number sign, const std::optional<Number>& b) {
  return a && b ? std::optional(*a + sign * *b) : std::nullopt;
}

}  // namespace

Counters read_counters() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  static const Cgroup cgroup = find_cgroup();
  Counters counters{nanoseconds(usage.ru_utime) + nanoseconds(usage.ru_stime),
                    std::nullopt,
                    waited_ns(),
                    usage.ru_nivcsw,
                    usage.ru_majflt,
                    throttled_periods(cgroup)};
  // cpu user nice system idle iowait irq softirq steal
  std::ifstream stat("/proc/stat");
  std::string label;
  double ticks = 0;
  stat >> label;
  for (int field = 0; field < 8; ++field) stat >> ticks;
  if (stat && label == "cpu") counters.steal_ns = ticks * 1e9 / static_cast<double>(sysconf(_SC_CLK_TCK));
  return counters;
}

Counters operator-(const Counters& after, const Counters& before) {
  return {after.cpu_ns - before.cpu_ns,
          add(after.steal_ns, -1.0, before.steal_ns),
          add(after.waited_ns, -1.0, before.waited_ns),
          after.involuntary_switches - before.involuntary_switches,
          after.major_faults - before.major_faults,
          add(after.throttled_periods, std::int64_t{-1}, before.throttled_periods)};
}

Counters& operator+=(Counters& sum, const Counters& counters) {
  sum = {sum.cpu_ns + counters.cpu_ns,
         add(sum.steal_ns, 1.0, counters.steal_ns),
         add(sum.waited_ns, 1.0, counters.waited_ns),
         sum.involuntary_switches + counters.involuntary_switches,
         sum.major_faults + counters.major_faults,
         add(sum.throttled_periods, std::int64_t{1}, counters.throttled_periods)};
  return sum;
}

double calibration_ns() {
  const auto start = std::chrono::steady_clock::now();
  std::uint64_t word = 1;
  for (std::uint64_t step = 0; step < calibration_steps; ++step) {
    word = word * 0x9e3779b97f4a7c15u + 1;
    asm volatile("" : "+r"(word));
  }
  return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count();
}

std::vector<std::string> disturbance_reasons(const Disturbance& disturbance, double wall_ns, int threads,
                                             double fastest_calibration_ns) {
  const Counters& counters = disturbance.counters;
  std::vector<std::string> reasons;
  if (counters.steal_ns && *counters.steal_ns > most_stolen * wall_ns) reasons.emplace_back("stolen");
  const bool preempted = counters.waited_ns ? *counters.waited_ns > most_waited * wall_ns
                                            : static_cast<double>(counters.involuntary_switches) >
                                                  1 + most_switches_per_s * threads * wall_ns * 1e-9;
  if (preempted) reasons.emplace_back("preempted");
  if (counters.major_faults > 0) reasons.emplace_back("page_faults");
  if (counters.throttled_periods.value_or(0) > 0) reasons.emplace_back("throttled");
  if (std::max(disturbance.calibration_before_ns, disturbance.calibration_after_ns) >
      slowest_clock * fastest_calibration_ns)
    reasons.emplace_back("slow_clock");
  return reasons;
}

}  // namespace attnlab
