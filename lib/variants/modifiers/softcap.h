// softcap(c): c tanh(s / c), which keeps every logit within (-c, c). Gemma 2, arXiv:2408.00118.
#pragma once

#include <vector>

#include "attnlab/variants/arguments.h"
#include "attnlab/variants/real.h"

namespace attnlab {

struct Softcap {
  static constexpr MemberInfo info{"softcap", "1e-30 <= c <= 1e30", "softcap(2)", "c tanh(s / c)",
                                   "Gemma 2, arXiv:2408.00118"};
  double cap;

  static Softcap parse(const Arguments& given) {
    given.require_count(1, 1, info.parameters);
    return {given.factor(0, "c")};
  }
  std::vector<double> arguments() const { return {cap}; }

  template <class Real>
  Real operator()(Real logit, Real /*query*/, Real /*key*/) const {
    return Real(cap) * tanh(logit * Real(1 / cap));
  }
};

}  // namespace attnlab
