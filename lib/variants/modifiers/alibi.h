// alibi: attention with linear biases, -m_h |i - j| with m_h = 2^(-8 (h + 1) / H) for head h of H, a power of
// two. Other numbers of heads follow the authors' code: the slopes of the power of two below, then every
// second slope of twice that power. arXiv:2108.12409.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

#include "attnlab/variants/arguments.h"
#include "attnlab/variants/real.h"

namespace attnlab {

struct Alibi {
  static constexpr MemberInfo info{
      "alibi", "", "alibi",
      "s - 2^(-8 (h+1) / H) |i - j|, head h of H; H no power of two: as in the authors' code",
      "Press et al., arXiv:2108.12409"};
  double slope = 0;

  static Alibi parse(const Arguments& given) {
    given.require_count(0, 0, info.parameters);
    return {};
  }
  std::vector<double> arguments() const { return {}; }
  Alibi for_head(std::int64_t head, std::int64_t heads) const {
    const auto power = static_cast<std::int64_t>(std::bit_floor(static_cast<std::uint64_t>(heads)));
    if (head < power) return {slope_of(head, power)};
    return {slope_of(2 * (head - power), 2 * power)};
  }

  template <class Real>
  Real operator()(Real logit, Real query, Real key) const {
    return logit - Real(slope) * abs(query - key);
  }

 private:
  static double slope_of(std::int64_t head, std::int64_t heads) {
    return std::exp2(-8.0 * static_cast<double>(head + 1) / static_cast<double>(heads));
  }
};

}  // namespace attnlab
