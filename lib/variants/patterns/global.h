// global(g): the first g positions see every key, and every query sees them. With a window,
// window(256,256)|global(2), it is Longformer. Beltagy et al., arXiv:2004.05150, section 3.1.
#pragma once

#include <cstdint>
#include <vector>

#include "attnlab/core/problem.h"
#include "attnlab/variants/arguments.h"
#include "attnlab/variants/key_set.h"
#include "attnlab/variants/patterns/query.h"

namespace attnlab {

struct Global {
  static constexpr MemberInfo info{"global", "g >= 1 positions", "global(3)", "i < g or j < g",
                                   "Beltagy et al., arXiv:2004.05150"};
  std::int64_t first;

  static Global parse(const Arguments& given) {
    given.require_count(1, 1, info.parameters);
    return {given.integer(0, "g", 1, max_seqlen)};
  }
  std::vector<double> arguments() const { return {static_cast<double>(first)}; }

  template <class Add>
  void keys(const PatternQuery& query, std::int64_t seqlen_k, Add add) const {
    add(keys_at(query.position, seqlen_k));
  }
  KeySet keys_of_any(std::int64_t /*head*/, KeyRange positions, std::int64_t seqlen_k) const {
    return keys_at(positions.begin, seqlen_k);
  }
  KeySet keys_of_all(std::int64_t /*head*/, KeyRange positions, std::int64_t seqlen_k) const {
    return keys_at(positions.end - 1, seqlen_k);
  }

 private:
  KeyRange keys_at(std::int64_t position, std::int64_t seqlen_k) const {
    return {0, position < first ? seqlen_k : first};
  }
};

}  // namespace attnlab
