// The noise floor of a run, from its A/A pairs: a cell measured twice under two names.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cell/cell.h"
#include "compare/verdict.h"

namespace attnlab {

inline constexpr double least_noise_floor = 0.01;

/// The noise floor of a run without A/A pairs that were not disturbed.
inline constexpr double default_noise_floor = 0.02;

/// Second measurement over first, of the A/A pairs that were not disturbed. A disturbed pair shows the
/// difference of its disturbances.
std::vector<TimeRatio> undisturbed_pairs(const std::vector<Json>& records, const std::vector<Json>& twins);

/// The largest distance from 1 that the intervals of these pairs allow (compare_times()), and at least
/// `least_noise_floor`, or `default_noise_floor` if a pair has too few samples for an interval; nullopt
/// without a pair.
std::optional<double> noise_floor(const std::vector<Json>& records, const std::vector<Json>& twins);

}  // namespace attnlab
