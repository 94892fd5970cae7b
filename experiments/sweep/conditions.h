// Conditions of the machine that would disturb measurements now.
#pragma once

#include <optional>
#include <string>

namespace attnlab {

/// A sentence if a load average (nullopt: not known) says that other programs are running. The doctor and the
/// start of a sweep say it.
std::optional<std::string> disturbing_load(const std::optional<double>& load);

}  // namespace attnlab
