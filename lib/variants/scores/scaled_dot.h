// scaled_dot: q . k / sqrt(head_dim). Vaswani et al., arXiv:1706.03762.
#pragma once

#include <cmath>
#include <span>
#include <vector>

#include "attnlab/variants/arguments.h"
#include "attnlab/variants/score_weights.h"

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
  void query(std::span<Real> q, const ScoreWeights& /*weights*/) const {
    const Real scale = Real(1) / std::sqrt(static_cast<Real>(q.size()));
    for (Real& value : q) value *= scale;
  }
};

}  // namespace attnlab
