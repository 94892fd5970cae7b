// The noise floor of a run, by its A/A pairs: the same cell twice under two names.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cell/cell.h"

namespace attnlab {

inline constexpr double least_noise_floor = 0.01;

/// Largest |ratio - 1| of a cell among `records` and its twin among `twins`, as compare_times() has it, at
/// least `least_noise_floor`; nothing without a pair.
std::optional<double> noise_floor(const std::vector<Json>& records, const std::vector<Json>& twins);

}  // namespace attnlab
