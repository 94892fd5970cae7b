// The number of visible keys of a row, for elementwise normalisers.
#pragma once

#include <cmath>
#include <cstdint>

namespace attnlab {

struct RowKeys {
  float count = 0;
  float log = 0;  ///< ln count; 0 if there are none
};

inline RowKeys row_keys(std::int64_t visible) {
  const auto count = static_cast<float>(visible);
  return {count, visible > 0 ? std::log(count) : 0.0F};
}

}  // namespace attnlab
