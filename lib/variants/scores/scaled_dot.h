// scaled_dot: q . k / sqrt(head_dim). Vaswani et al., arXiv:1706.03762.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "attnlab/variants/arguments.h"

namespace attnlab {

struct ScaledDot {
  static constexpr MemberInfo info{"scaled_dot", "", "scaled_dot", "q . k / sqrt(head_dim)",
                                   "Vaswani et al., arXiv:1706.03762"};

  static ScaledDot parse(const Arguments& given) {
    given.require_count(0, 0, info.parameters);
    return {};
  }
  std::vector<double> arguments() const { return {}; }

  template <class Real>
  Real factor(std::int64_t head_dim) const {
    return Real(1) / std::sqrt(static_cast<Real>(head_dim));
  }
};

}  // namespace attnlab
