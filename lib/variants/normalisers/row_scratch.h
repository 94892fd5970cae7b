// Scratch memory for normalisers that need a whole row at once.
#pragma once

#include <cstdint>
#include <span>

namespace attnlab {

/// Each span is as long as the row.
struct RowScratch {
  std::span<double> values;
  std::span<std::int32_t> places;
  std::span<std::int32_t> lengths;
};

}  // namespace attnlab
