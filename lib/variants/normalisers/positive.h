// Weights that are above 0, however small: the support of a row is where its weights are.
#pragma once

#include <algorithm>
#include <limits>

namespace attnlab {

/// A weight that is above 0 and may have underflowed: the least positive number then.
template <class Real>
Real positive(Real weight) {
  return std::max(weight, std::numeric_limits<Real>::denorm_min());
}

}  // namespace attnlab
