// Properties of the machine. An unknown property is nullopt, never a guess.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace attnlab {

struct Machine {
  std::string cpu;  ///< model name
  int cores = 0;    ///< cores that this process may use
  std::int64_t memory_bytes = 0;
};

Machine this_machine();

/// MemAvailable of /proc/meminfo, or what is left of the control group's limit (cgroup.h) where that is less.
std::optional<std::int64_t> available_memory_bytes();

/// One-minute load average.
std::optional<double> load_average();

/// Smallest observed step of the steady clock, in nanoseconds.
double timer_resolution_ns();

/// First line of a file of /proc or /sys, e.g. the frequency governor.
std::optional<std::string> first_line(const std::string& file);

}  // namespace attnlab
