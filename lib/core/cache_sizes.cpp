#include "attnlab/core/cache_sizes.h"

#include <unistd.h>

namespace attnlab {

CacheSizes cache_sizes() {
  const auto size = [](int name, std::int64_t otherwise) {
    const long bytes = sysconf(name);
    return bytes > 0 ? std::int64_t{bytes} : otherwise;
  };
  return {size(_SC_LEVEL1_DCACHE_SIZE, 32 << 10), size(_SC_LEVEL2_CACHE_SIZE, 256 << 10)};
}

}  // namespace attnlab
