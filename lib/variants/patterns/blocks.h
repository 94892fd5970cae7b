// Blocks of equal size, into which some patterns cut positions.
#pragma once

#include <cstdint>

#include "attnlab/variants/key_set.h"

namespace attnlab {

/// floor(position / size); positions may be negative.
constexpr std::int64_t block_of(std::int64_t position, std::int64_t size) {
  return (position < 0 ? position - size + 1 : position) / size;
}

/// The positions of blocks first … last-1.
constexpr KeyRange range_of_blocks(std::int64_t first, std::int64_t last, std::int64_t size) {
  return {first * size, last * size};
}

}  // namespace attnlab
