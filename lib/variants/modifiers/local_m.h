// local_m(D): weights times exp(-(j - i)^2 / (2 sigma^2)), sigma = D / 2, after the normaliser: what Luong et
// al. do about a predicted position, about the query's own (monotonic alignment), and without their hard
// window, which is the pattern window(D, D). Weights then sum to less than 1. arXiv:1508.04025.
#pragma once

#include <vector>

#include "attnlab/variants/arguments.h"

namespace attnlab {

struct LocalM {
  static constexpr MemberInfo info{"local_m", "D > 0 keys", "local_m(20)",
                                   "after the normaliser: weight times exp(-2 ((j - i) / D)^2)",
                                   "Luong et al., arXiv:1508.04025"};
  static constexpr bool after_normaliser = true;
  /// Squares of offsets over D stay within float32.
  static constexpr double least_width = 1e-3, largest_width = 1e9;
  double width;

  static LocalM parse(const Arguments& given) {
    given.require_count(1, 1, info.parameters);
    return {given.number(0, "D", least_width, largest_width, true)};
  }
  std::vector<double> arguments() const { return {width}; }

  template <class Real>
  Real operator()(Real logarithm, Real query, Real key) const {
    const Real offset = (key - query) * Real(1 / width);
    return logarithm - Real(2) * offset * offset;
  }
};

}  // namespace attnlab
