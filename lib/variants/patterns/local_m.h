// local_m(D): the keys within D of the query's position (monotonic alignment). Luong et al.,
// arXiv:1508.04025, section 3.2: the normaliser is applied within this window, without a factor.
#pragma once

#include <cstdint>
#include <vector>

#include "attnlab/core/problem.h"
#include "attnlab/variants/arguments.h"
#include "attnlab/variants/key_set.h"

namespace attnlab {

struct LocalM {
  static constexpr MemberInfo info{"local_m", "D >= 0 keys", "local_m(20)", "i-D <= j <= i+D",
                                   "Luong et al., arXiv:1508.04025"};
  std::int64_t reach;

  static LocalM parse(const Arguments& given) {
    given.require_count(1, 1, info.parameters);
    return {given.integer(0, "D", 0, max_seqlen)};
  }
  std::vector<double> arguments() const { return {static_cast<double>(reach)}; }
  KeyRange keys(std::int64_t position, std::int64_t /*seqlen_k*/) const {
    return {position - reach, position + reach + 1};
  }
};

}  // namespace attnlab
