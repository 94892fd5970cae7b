// Room beside a row, for the normalisers that need all of it at once.
#pragma once

#include <cstdint>
#include <span>

namespace attnlab {

/// As many elements each as the row has.
struct RowScratch {
  std::span<double> values;
  std::span<std::int32_t> places;
  std::span<std::int32_t> lengths;
};

}  // namespace attnlab
