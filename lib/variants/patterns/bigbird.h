// bigbird(b,w,g,r): in blocks of b positions, a window of w blocks about the query's, g global blocks, and r
// random blocks for each head and block of queries. Zaheer et al., arXiv:2007.14062, section 2.
//
// Blocks that are neither in the window nor global are numbered from 0 on; the random ones are r distinct
// numbers of the coordinates head and block of the query (distinct_numbers.h), or all if there are no more
// than r.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "attnlab/core/problem.h"
#include "attnlab/variants/arguments.h"
#include "attnlab/variants/key_set.h"
#include "attnlab/variants/patterns/blocks.h"
#include "attnlab/variants/patterns/distinct_numbers.h"
#include "attnlab/variants/patterns/odd_argument.h"
#include "attnlab/variants/patterns/query.h"

namespace attnlab {

struct BigBird {
  static constexpr MemberInfo info{"bigbird", "blocks of b >= 1; w odd, g >= 0 and 0 <= r <= 64 blocks",
                                   "bigbird(16,3,1,2)",
                                   "|B-C| <= (w-1)/2, or B < g or C < g, or C among r random blocks of B and "
                                   "the head; B = floor(i/b), C = "
                                   "floor(j/b)",
                                   "Zaheer et al., arXiv:2007.14062"};
  static constexpr bool by_head = true;
  std::int64_t block;
  std::int64_t window;  ///< this and the next two: numbers of blocks
  std::int64_t global;
  std::int64_t random;

  static BigBird parse(const Arguments& given) {
    given.require_count(4, 4, info.parameters);
    return {given.integer(0, "b", 1, max_seqlen), odd_argument(given, 1, "w", max_seqlen),
            given.integer(2, "g", 0, max_seqlen), given.integer(3, "r", 0, most_distinct_numbers)};
  }
  std::vector<double> arguments() const {
    return {static_cast<double>(block), static_cast<double>(window), static_cast<double>(global),
            static_cast<double>(random)};
  }

  template <class Add>
  void keys(const PatternQuery& query, std::int64_t seqlen_k, Add add) const {
    const std::int64_t blocks = block_of(seqlen_k - 1, block) + 1;
    const std::int64_t own = block_of(query.position, block);
    const std::int64_t seen = own < global ? blocks : std::min(global, blocks);
    const std::int64_t first = std::clamp(own - window / 2, seen, blocks);
    const std::int64_t last = std::clamp(own + window / 2 + 1, first, blocks);
    add(range_of_blocks(0, seen, block));
    add(range_of_blocks(first, last, block));
    use_distinct_numbers({query.head, own}, random, blocks - seen - (last - first), [&](std::int64_t other) {
      const std::int64_t drawn = seen + other < first ? seen + other : seen + other + last - first;
      add(range_of_blocks(drawn, drawn + 1, block));
    });
  }
  KeySet keys_of_any(std::int64_t head, KeyRange positions, std::int64_t seqlen_k) const {
    std::vector<KeyRange> ranges;
    for (std::int64_t own = block_of(positions.begin, block); own * block < positions.end; ++own)
      keys(PatternQuery{head, own * block, {0, seqlen_k}}, seqlen_k,
           [&](KeyRange r) { ranges.push_back(r); });
    return KeySet::of(std::move(ranges));
  }
  KeySet keys_of_all(std::int64_t head, KeyRange positions, std::int64_t seqlen_k) const {
    KeySet seen({0, seqlen_k});
    for (std::int64_t own = block_of(positions.begin, block); own * block < positions.end; ++own)
      seen = seen & keys_of_any(head, {own * block, own * block + 1}, seqlen_k);
    return seen;
  }
};

}  // namespace attnlab
