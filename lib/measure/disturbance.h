// Disturbances of a sample: time lost to other programs, page faults, and a slower clock.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace attnlab {

/// Counters of the process and the system.
struct Counters {
  double cpu_ns = 0;                ///< user and system time of all threads of this process
  std::optional<double> steal_ns;   ///< stolen from all CPUs by the hypervisor (/proc/stat); steps of 10 ms
  std::optional<double> waited_ns;  ///< ready but not running, summed over the threads of this process
  std::int64_t involuntary_switches = 0;
  std::int64_t major_faults = 0;
  std::optional<std::int64_t> throttled_periods;  ///< of the control group's CPU quota (cgroup.h)
};
Counters read_counters();
Counters operator-(const Counters& after, const Counters& before);
Counters& operator+=(Counters& sum, const Counters& counters);

/// Nanoseconds of a fixed chain of multiplications, about 0.3 ms. It measures the clock rate without memory
/// or vector units.
double calibration_ns();

/// The increase of the counters during a sample, and the calibrations before and after it.
struct Disturbance {
  Counters counters;
  double calibration_before_ns = 0;
  double calibration_after_ns = 0;
};

/// The reasons why a sample of `wall_ns` on `threads` threads is disturbed: `stolen`, `preempted`,
/// `page_faults`, `throttled`, `slow_clock` (compared with the fastest calibration so far). Empty for a clean
/// sample.
std::vector<std::string> disturbance_reasons(const Disturbance& disturbance, double wall_ns, int threads,
                                             double fastest_calibration_ns);

}  // namespace attnlab
