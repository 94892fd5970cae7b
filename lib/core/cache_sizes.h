// Sizes of the data caches of one core.
#pragma once

#include <cstdint>

namespace attnlab {

struct CacheSizes {
  std::int64_t first;   ///< bytes of the first level
  std::int64_t second;  ///< bytes of the second level
};

/// Of this machine; 32 KiB and 256 KiB, which no x86-64 core of the last ten years is below, where the system
/// does not say.
CacheSizes cache_sizes();

}  // namespace attnlab
