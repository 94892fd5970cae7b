// fixed(l,c): the keys up to the query in its block of l, and the last c keys of every block before, which
// summarise it. Child et al., arXiv:1904.10509, section 4.3, whose two heads are united here.
#pragma once

#include <cstdint>
#include <vector>

#include "attnlab/core/problem.h"
#include "attnlab/variants/arguments.h"
#include "attnlab/variants/key_set.h"
#include "attnlab/variants/patterns/query.h"
#include "attnlab/variants/patterns/steps.h"

namespace attnlab {

struct Fixed {
  static constexpr MemberInfo info{"fixed", "block l, 1 <= c <= l", "fixed(32,4)",
                                   "j <= i, and floor(i/l) = floor(j/l) or j mod l >= l-c",
                                   "Child et al., arXiv:1904.10509"};
  std::int64_t block;
  std::int64_t summary;

  static Fixed parse(const Arguments& given) {
    given.require_count(2, 2, info.parameters);
    const std::int64_t block = given.integer(0, "l", 1, max_seqlen);
    return {block, given.integer(1, "c", 1, block)};
  }
  std::vector<double> arguments() const { return {static_cast<double>(block), static_cast<double>(summary)}; }

  template <class Add>
  void keys(const PatternQuery& query, std::int64_t /*seqlen_k*/, Add add) const {
    const std::int64_t own = block_of(query.position, block);
    add(KeyRange{own * block, query.position + 1});
    add_steps({block - summary, block}, block, 0, own - 1, query.needed, add);
  }
  KeySet keys_of_any(std::int64_t /*head*/, KeyRange positions, std::int64_t seqlen_k) const {
    return KeySet({block_of(positions.begin, block) * block, positions.end}) |
           summaries_before(positions.end - 1, seqlen_k);
  }
  KeySet keys_of_all(std::int64_t /*head*/, KeyRange positions, std::int64_t seqlen_k) const {
    return KeySet({block_of(positions.end - 1, block) * block, positions.begin + 1}) |
           summaries_before(positions.begin, seqlen_k);
  }

 private:
  KeySet summaries_before(std::int64_t position, std::int64_t seqlen_k) const {
    return keys_of_steps({block - summary, block}, block, 0, block_of(position, block) - 1, seqlen_k);
  }
};

}  // namespace attnlab
