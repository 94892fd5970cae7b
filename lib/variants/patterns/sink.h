// sink(g): the first g keys of the sequence, which take the weight that a query has no other use for.
// Together with the last keys, causal&(sink(4)|window(1020)), it is StreamingLLM. Xiao et al.,
// arXiv:2309.17453.
#pragma once

#include <cstdint>
#include <vector>

#include "attnlab/core/problem.h"
#include "attnlab/variants/arguments.h"
#include "attnlab/variants/key_set.h"

namespace attnlab {

struct Sink {
  static constexpr MemberInfo info{"sink", "g >= 1 keys", "sink(4)", "j < g",
                                   "Xiao et al., arXiv:2309.17453"};
  std::int64_t first;

  static Sink parse(const Arguments& given) {
    given.require_count(1, 1, info.parameters);
    return {given.integer(0, "g", 1, max_seqlen)};
  }
  std::vector<double> arguments() const { return {static_cast<double>(first)}; }
  KeyRange keys(std::int64_t /*position*/, std::int64_t /*seqlen_k*/) const { return {0, first}; }
};

}  // namespace attnlab
