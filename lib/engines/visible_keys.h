// What the keys that a row sees make of it.
#pragma once

#include <cmath>
#include <cstdint>

namespace attnlab {

/// ln of the keys that a row sees, for elementwise normalisers; 0 for a row that sees none.
inline float log_of_keys(std::int64_t visible) {
  return visible > 0 ? std::log(static_cast<float>(visible)) : 0.0F;
}

}  // namespace attnlab
