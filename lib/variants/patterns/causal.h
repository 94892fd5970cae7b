// causal: keys up to the query's position, aligned bottom-right (j <= i + n_k - n_q).
#pragma once

#include <cstdint>
#include <vector>

#include "attnlab/variants/arguments.h"
#include "attnlab/variants/key_set.h"

namespace attnlab {

struct Causal {
  static constexpr MemberInfo info{"causal", "", "causal", "j <= i + n_k - n_q",
                                   "Vaswani et al., arXiv:1706.03762"};

  static Causal parse(const Arguments& given) {
    given.require_count(0, 0, info.parameters);
    return {};
  }
  std::vector<double> arguments() const { return {}; }
  KeyRange keys(std::int64_t position, std::int64_t /*seqlen_k*/) const { return {0, position + 1}; }
};

}  // namespace attnlab
