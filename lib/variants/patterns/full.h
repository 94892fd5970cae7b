// full: every key is visible. Canonical names leave it out.
#pragma once

#include <cstdint>
#include <vector>

#include "attnlab/variants/arguments.h"
#include "attnlab/variants/key_set.h"

namespace attnlab {

struct Full {
  static constexpr MemberInfo info{"full", "", "full", "every key", "Vaswani et al., arXiv:1706.03762"};

  static Full parse(const Arguments& given) {
    given.require_count(0, 0, info.parameters);
    return {};
  }
  std::vector<double> arguments() const { return {}; }
  KeyRange keys(std::int64_t /*position*/, std::int64_t seqlen_k) const { return {0, seqlen_k}; }
};

}  // namespace attnlab
