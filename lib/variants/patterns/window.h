// window(w): the last w keys up to the query's position, included; window(l, r): from l before to r after
// that position. Longformer, arXiv:2004.05150.
#pragma once

#include <cstdint>
#include <vector>

#include "attnlab/core/problem.h"
#include "attnlab/variants/arguments.h"
#include "attnlab/variants/key_set.h"

namespace attnlab {

struct Window {
  static constexpr MemberInfo info{"window", "w >= 1, or l >= 0 and r >= 0", "window(37)",
                                   "i-w+1 <= j <= i, or i-l <= j <= i+r", "Beltagy et al., arXiv:2004.05150"};
  std::int64_t before;
  std::int64_t after;

  static Window parse(const Arguments& given) {
    given.require_count(1, 2, info.parameters);
    if (given.count() == 1) return {given.integer(0, "w", 1, max_seqlen) - 1, 0};
    return {given.integer(0, "l", 0, max_seqlen), given.integer(1, "r", 0, max_seqlen)};
  }
  std::vector<double> arguments() const {
    if (after == 0) return {static_cast<double>(before + 1)};
    return {static_cast<double>(before), static_cast<double>(after)};
  }
  KeyRange keys(std::int64_t position, std::int64_t /*seqlen_k*/) const {
    return {position - before, position + after + 1};
  }
};

}  // namespace attnlab
