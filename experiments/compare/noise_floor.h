// The noise floor of a run, from its A/A pairs: a cell measured twice under two names.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cell/cell.h"

namespace attnlab {

inline constexpr double least_noise_floor = 0.01;

/// The largest |ratio - 1| of a cell in `records` and its twin in `twins`, by compare_times(), and at least
/// `least_noise_floor`; nullopt without a pair.
std::optional<double> noise_floor(const std::vector<Json>& records, const std::vector<Json>& twins);

}  // namespace attnlab
