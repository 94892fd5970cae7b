// Percentile bootstrap (Efron 1979): the interval of a median, or of a ratio of two medians, under
// resampling.
#pragma once

#include <span>

namespace attnlab {

inline constexpr double bootstrap_confidence = 0.99;

struct Interval {
  double low = 0;
  double high = 0;
};

/// Interval of the median; `values` must not be empty. Equal values give equal intervals.
Interval median_interval(std::span<const double> values);

/// Interval of median(b) / median(a); the two sides are resampled independently.
Interval ratio_interval(std::span<const double> a, std::span<const double> b);

}  // namespace attnlab
