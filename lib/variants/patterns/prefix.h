// prefix(P): the first P keys, and the keys up to the query's position. Queries of the prefix see all of it,
// later ones are causal: the mask of a prefix language model. Raffel et al., arXiv:1910.10683, section 3.2.1.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "attnlab/core/problem.h"
#include "attnlab/variants/arguments.h"
#include "attnlab/variants/key_set.h"

namespace attnlab {

struct Prefix {
  static constexpr MemberInfo info{"prefix", "P >= 1 keys", "prefix(50)", "j < P or j <= i",
                                   "Raffel et al., arXiv:1910.10683"};
  std::int64_t length;

  static Prefix parse(const Arguments& given) {
    given.require_count(1, 1, info.parameters);
    return {given.integer(0, "P", 1, max_seqlen)};
  }
  std::vector<double> arguments() const { return {static_cast<double>(length)}; }
  KeyRange keys(std::int64_t position, std::int64_t /*seqlen_k*/) const {
    return {0, std::max(length, position + 1)};
  }
};

}  // namespace attnlab
