// Percentile bootstrap: how far a median, or a ratio of two, would move if the samples were drawn again.
// Efron 1979.
#pragma once

#include <span>

namespace attnlab {

inline constexpr double bootstrap_confidence = 0.99;

struct Interval {
  double low = 0;
  double high = 0;
};

/// Of the median; `values` is not empty. The same values give the same interval.
Interval median_interval(std::span<const double> values);

/// Of median(b) / median(a), each side drawn on its own.
Interval ratio_interval(std::span<const double> a, std::span<const double> b);

}  // namespace attnlab
