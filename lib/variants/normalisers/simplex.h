// Projection of a row onto the simplex in float32 (Michelot 1986), for normalisers that are sparsemax of a
// transformed row.
#pragma once

#include <algorithm>
#include <span>

namespace attnlab {

/// Replaces s by max(s - tau, 0), in place, with tau such that the row sums to 1. tau increases from below,
/// over the logits that remain above it. Computed relative to the maximum, so that large logits keep their
/// precision.
inline void project_on_simplex(std::span<float> row) {
  const double maximum = static_cast<double>(*std::max_element(row.begin(), row.end()));
  double tau = -1;
  for (double next = -1;; tau = next) {
    double sum = 0;
    double count = 0;
    for (const float logit : row) {
      const double excess = static_cast<double>(logit) - maximum;
      if (excess <= tau) continue;
      sum += excess;
      count += 1;
    }
    next = (sum - 1) / count;
    if (!(next > tau)) break;
  }
  for (float& logit : row)
    logit = static_cast<float>(std::max(static_cast<double>(logit) - maximum - tau, 0.0));
}

}  // namespace attnlab
