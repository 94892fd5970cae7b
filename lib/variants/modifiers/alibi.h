// alibi: -m_h |i - j| with m_h = 2^(-8 (h + 1) / H) for head h of H: attention with linear biases.
// arXiv:2108.12409.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "attnlab/variants/arguments.h"

namespace attnlab {

struct Alibi {
  static constexpr MemberInfo info{"alibi", "", "alibi", "s - 2^(-8 (h+1) / H) |i - j|, head h of H",
                                   "Press et al., arXiv:2108.12409"};
  double slope = 0;

  static Alibi parse(const Arguments& given) {
    given.require_count(0, 0, info.parameters);
    return {};
  }
  std::vector<double> arguments() const { return {}; }
  Alibi for_head(std::int64_t head, std::int64_t heads) const {
    return {std::exp2(-8.0 * static_cast<double>(head + 1) / static_cast<double>(heads))};
  }

  template <class Real>
  Real operator()(Real logit, Real query, Real key) const {
    using std::abs;
    return logit - Real(slope) * abs(query - key);
  }
};

}  // namespace attnlab
