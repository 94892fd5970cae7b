// alibi: attention with linear biases, -m_h |i - j| with m_h = 2^(-8 (h + 1) / H) for head h of H, a power of
// two. Other numbers of heads follow the authors' code, as BLOOM does: the slopes of the power of two below,
// then every second slope of twice that power. alibi(plain) has the formula for every H. arXiv:2108.12409.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <vector>

#include "attnlab/core/argument_error.h"
#include "attnlab/variants/arguments.h"
#include "attnlab/variants/real.h"

namespace attnlab {

struct Alibi {
  static constexpr MemberInfo info{
      "alibi", "plain (the slopes of the authors' code)", "alibi",
      "s - 2^(-8 (h+1) / H) |i - j|, head h of H; H no power of two: as in the authors' code, or with this "
      "formula by alibi(plain)",
      "Press et al., arXiv:2108.12409"};
  bool plain = false;
  double slope = 0;

  static Alibi parse(const Arguments& given) {
    given.require_count(0, 1, info.parameters);
    if (given.count() == 1 && given.text(0) != "plain")
      throw ArgumentError("modifier", given.to_string(), "unknown slopes", "alibi or alibi(plain)");
    return {given.count() == 1};
  }
  std::vector<double> arguments() const { return {}; }
  std::string_view word() const { return plain ? "plain" : ""; }
  Alibi for_head(std::int64_t head, std::int64_t heads) const {
    const auto power = static_cast<std::int64_t>(std::bit_floor(static_cast<std::uint64_t>(heads)));
    if (plain) return {plain, slope_of(head, heads)};
    if (head < power) return {plain, slope_of(head, power)};
    return {plain, slope_of(2 * (head - power), 2 * power)};
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
