// The machine that figures come from. What it does not tell is nothing, never a guess.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace attnlab {

struct Machine {
  std::string cpu;  ///< model name
  int cores = 0;    ///< that this process may run on
  std::int64_t memory_bytes = 0;
};

Machine this_machine();

/// MemAvailable.
std::optional<std::int64_t> available_memory_bytes();

/// One-minute load average.
std::optional<double> load_average();

/// Smallest step seen of the steady clock, in nanoseconds.
double timer_resolution_ns();

/// First line of a file of /proc or /sys, e.g. the frequency governor.
std::optional<std::string> first_line(const std::string& file);

}  // namespace attnlab
