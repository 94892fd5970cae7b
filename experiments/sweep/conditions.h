// Conditions of the machine that would disturb measurements now.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace attnlab {

/// Other programs that run, as a load average (nullopt: not known) says, and more threads than cores. A
/// sentence each; the doctor and the start of a sweep say the same.
std::vector<std::string> disturbing_conditions(const std::optional<double>& load, int most_threads,
                                               int cores);

}  // namespace attnlab
