// Sizes of the data caches of one core.
#pragma once

#include <cstdint>

namespace attnlab {

struct CacheSizes {
  std::int64_t first;   ///< bytes of the first level
  std::int64_t second;  ///< bytes of the second level
};

/// The sizes on this machine. If the system does not report them: 32 KiB and 256 KiB, the least of x86-64
/// cores of the last ten years.
CacheSizes cache_sizes();

}  // namespace attnlab
