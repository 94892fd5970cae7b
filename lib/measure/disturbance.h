// What the machine did to a sample while it was taken: time given to others, and a clock that slowed down.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace attnlab {

/// Counts up to now.
struct Counters {
  double cpu_ns = 0;                ///< of this process, user and system, over all its threads
  std::optional<double> steal_ns;   ///< taken by the hypervisor from all CPUs (/proc/stat); steps of 10 ms
  std::optional<double> waited_ns;  ///< ready to run while others ran, summed over this process's threads
  std::int64_t involuntary_switches = 0;
  std::int64_t major_faults = 0;
};
Counters read_counters();
Counters operator-(const Counters& after, const Counters& before);
Counters& operator+=(Counters& sum, const Counters& counters);

/// Nanoseconds of a fixed chain of multiplications, some 0.3 ms: the clock, without memory or vector units.
double calibration_ns();

/// One sample's share of the counters, and the calibration on both sides of it.
struct Disturbance {
  Counters counters;
  double calibration_before_ns = 0;
  double calibration_after_ns = 0;
};

/// Why a sample of `wall_ns` on `threads` threads is contaminated: `stolen`, `preempted`, `page_faults`,
/// `slow_clock` (against the fastest calibration known). Empty: it is clean.
std::vector<std::string> contamination(const Disturbance& disturbance, double wall_ns, int threads,
                                       double fastest_calibration_ns);

}  // namespace attnlab
