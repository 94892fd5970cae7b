// Random numbers without repetition (R. Floyd; Bentley and Floyd, "A sample of brilliance", CACM 1987).
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include "attnlab/core/splitmix.h"

namespace attnlab {

inline constexpr std::int64_t most_distinct_numbers = 64;

/// Calls use(x) for min(count, limit) different numbers x below `limit`; count is at most
/// most_distinct_numbers. The stream is SplitMix of seed 0 after mix() of each coordinate. For m = limit -
/// count … limit - 1, x is its next number modulo m + 1, or m if that was used before.
template <class Use>
void use_distinct_numbers(std::initializer_list<std::int64_t> coordinates, std::int64_t count,
                          std::int64_t limit, Use use) {
  SplitMix stream(0);
  for (const std::int64_t coordinate : coordinates) stream.mix(static_cast<std::uint64_t>(coordinate));
  std::array<std::int64_t, most_distinct_numbers> used;
  auto end = used.begin();
  for (std::int64_t m = std::max<std::int64_t>(limit - count, 0); m < limit; ++m) {
    const auto number = static_cast<std::int64_t>(stream.next() % static_cast<std::uint64_t>(m + 1));
    *end = std::find(used.begin(), end, number) == end ? number : m;
    use(*end++);
  }
}

}  // namespace attnlab
