// Ranges of keys that repeat at equal distances.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "attnlab/variants/key_set.h"
#include "attnlab/variants/patterns/blocks.h"

namespace attnlab {

/// Calls add(`range` + t `step`) for each t from `least` to `most` for which it meets `needed`.
template <class Add>
void add_steps(KeyRange range, std::int64_t step, std::int64_t least, std::int64_t most, KeyRange needed,
               Add add) {
  least = std::max(least, -block_of(range.end - 1 - needed.begin, step));
  most = std::min(most, block_of(needed.end - 1 - range.begin, step));
  for (std::int64_t t = least; t <= most; ++t) add(KeyRange{range.begin + t * step, range.end + t * step});
}

/// The union of those that meet keys 0 … seqlen_k-1.
inline KeySet keys_of_steps(KeyRange range, std::int64_t step, std::int64_t least, std::int64_t most,
                            std::int64_t seqlen_k) {
  std::vector<KeyRange> ranges;
  add_steps(range, step, least, most, {0, seqlen_k}, [&](KeyRange moved) { ranges.push_back(moved); });
  return KeySet::of(std::move(ranges));
}

}  // namespace attnlab
