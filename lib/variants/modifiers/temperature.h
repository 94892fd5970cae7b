// temperature(T): s / T; T > 1 flattens the weights, T < 1 sharpens them.
#pragma once

#include <vector>

#include "attnlab/variants/arguments.h"

namespace attnlab {

struct Temperature {
  static constexpr MemberInfo info{"temperature", "1e-30 <= T <= 1e30", "temperature(0.7)", "s / T",
                                   "Hinton et al., arXiv:1503.02531"};
  double temperature;

  static Temperature parse(const Arguments& given) {
    given.require_count(1, 1, info.parameters);
    return {given.factor(0, "T")};
  }
  std::vector<double> arguments() const { return {temperature}; }

  template <class Real>
  Real operator()(Real logit, Real /*query*/, Real /*key*/) const {
    return logit * Real(1 / temperature);
  }
};

}  // namespace attnlab
