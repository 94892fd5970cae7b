// gaussian(D): weights times exp(-(j - i)^2 / (2 sigma^2)), sigma = D / 2, after the normaliser. It is the
// factor of Luong et al., arXiv:1508.04025, equation 10, about the query's position instead of a predicted
// position (local_p). Weights then sum to less than 1.
#pragma once

#include <vector>

#include "attnlab/variants/arguments.h"
#include "attnlab/variants/real.h"

namespace attnlab {

struct Gaussian {
  static constexpr MemberInfo info{"gaussian", "D > 0 keys", "gaussian(20)",
                                   "after the normaliser: weight times exp(-2 ((j - i) / D)^2)",
                                   "the factor of Luong et al., arXiv:1508.04025"};
  /// Squares of offsets over D stay within float32.
  static constexpr double least_width = 1e-3, largest_width = 1e9;
  double width;

  static Gaussian parse(const Arguments& given) {
    given.require_count(1, 1, info.parameters);
    return {given.number(0, "D", least_width, largest_width, true)};
  }
  std::vector<double> arguments() const { return {width}; }

  template <class Real>
  Real log_factor(Real query, Real key) const {
    const Real offset = (key - query) * Real(1 / width);
    return Real(-2) * offset * offset;
  }
};

}  // namespace attnlab
