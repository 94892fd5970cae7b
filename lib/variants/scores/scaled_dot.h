// scaled_dot: q . k / sqrt(head_dim). Vaswani et al., arXiv:1706.03762.
#pragma once

#include <cmath>
#include <cstddef>
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
  void query(std::span<const Real> in, std::span<Real> out, const ScoreWeights& /*weights*/) const {
    const Real scale = Real(1) / std::sqrt(static_cast<Real>(in.size()));
    for (std::size_t c = 0; c < in.size(); ++c) out[c] = in[c] * scale;
  }
};

}  // namespace attnlab
