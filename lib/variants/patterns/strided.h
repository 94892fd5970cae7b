// strided(l): the last l keys and every l-th key before, from the query's position back. Child et al.,
// arXiv:1904.10509, section 4.3, whose two heads are united here.
#pragma once

#include <cstdint>
#include <vector>

#include "attnlab/core/problem.h"
#include "attnlab/variants/arguments.h"
#include "attnlab/variants/key_set.h"
#include "attnlab/variants/patterns/query.h"
#include "attnlab/variants/patterns/steps.h"

namespace attnlab {

struct Strided {
  static constexpr MemberInfo info{"strided", "stride l >= 1", "strided(16)",
                                   "j <= i, and (i-j) mod l = 0 or i-j < l",
                                   "Child et al., arXiv:1904.10509"};
  std::int64_t stride;

  static Strided parse(const Arguments& given) {
    given.require_count(1, 1, info.parameters);
    return {given.integer(0, "l", 1, max_seqlen)};
  }
  std::vector<double> arguments() const { return {static_cast<double>(stride)}; }

  template <class Add>
  void keys(const PatternQuery& query, std::int64_t seqlen_k, Add add) const {
    const std::int64_t end = query.position + 1;
    add(KeyRange{end - stride, end});
    add_steps({query.position, end}, stride, -seqlen_k, -1, query.needed, add);
  }
  KeySet keys_of_any(std::int64_t /*head*/, KeyRange positions, std::int64_t seqlen_k) const {
    if (positions.end - positions.begin >= stride) return KeyRange{0, positions.end};
    return KeySet({positions.begin - stride + 1, positions.end}) |
           keys_of_steps(positions, stride, -seqlen_k, -1, seqlen_k);
  }
  KeySet keys_of_all(std::int64_t /*head*/, KeyRange positions, std::int64_t /*seqlen_k*/) const {
    return KeyRange{positions.end - stride, positions.begin + 1};
  }
};

}  // namespace attnlab
