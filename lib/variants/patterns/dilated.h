// dilated(w,r): every r-th key, w of them on either side of the query and the query's own. Beltagy et al.,
// arXiv:2004.05150, section 3.1.
#pragma once

#include <cstdint>
#include <vector>

#include "attnlab/core/problem.h"
#include "attnlab/variants/arguments.h"
#include "attnlab/variants/key_set.h"
#include "attnlab/variants/patterns/query.h"
#include "attnlab/variants/patterns/steps.h"

namespace attnlab {

struct Dilated {
  static constexpr MemberInfo info{"dilated", "w >= 1 keys, rate r >= 1", "dilated(20,3)",
                                   "|i-j| <= w r and (i-j) mod r = 0", "Beltagy et al., arXiv:2004.05150"};
  std::int64_t reach;  ///< in keys that are seen
  std::int64_t rate;

  static Dilated parse(const Arguments& given) {
    given.require_count(2, 2, info.parameters);
    return {given.integer(0, "w", 1, max_seqlen), given.integer(1, "r", 1, max_seqlen)};
  }
  std::vector<double> arguments() const { return {static_cast<double>(reach), static_cast<double>(rate)}; }

  template <class Add>
  void keys(const PatternQuery& query, std::int64_t /*seqlen_k*/, Add add) const {
    const KeyRange own{query.position, query.position + 1};
    if (rate == 1)
      add(hull(own));
    else
      add_steps(own, rate, -reach, reach, query.needed, add);
  }
  KeySet keys_of_any(std::int64_t /*head*/, KeyRange positions, std::int64_t seqlen_k) const {
    if (positions.end - positions.begin >= rate) return hull(positions);
    return keys_of_steps(positions, rate, -reach, reach, seqlen_k);
  }
  /// Neighbours see different keys, unless all are seen.
  KeySet keys_of_all(std::int64_t /*head*/, KeyRange positions, std::int64_t /*seqlen_k*/) const {
    return rate == 1 ? KeySet({positions.end - 1 - reach, positions.begin + reach + 1}) : KeySet();
  }

 private:
  KeyRange hull(KeyRange positions) const {
    return {positions.begin - reach * rate, positions.end + reach * rate};
  }
};

}  // namespace attnlab
