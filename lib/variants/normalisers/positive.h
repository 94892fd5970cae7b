// Keeps positive weights above 0, since the support of a row is the set of keys with weight above 0.
#pragma once

#include <algorithm>
#include <limits>

namespace attnlab {

/// A positive weight, replaced by the least positive number if it underflowed.
template <class Real>
Real positive(Real weight) {
  return std::max(weight, std::numeric_limits<Real>::denorm_min());
}

/// A weight times the factor of modifiers after the normaliser: above 0 if the weight is.
inline double times_factor(double weight, double factor) {
  return weight > 0 ? positive(weight * factor) : weight;
}

}  // namespace attnlab
