// Memory of workspaces and tensors: blocks of whole cache lines, of huge pages where the kernel has them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

/// A sanitizer owns the heap, watches the ends of its blocks, and maps more memory than any limit allows.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define ATTNLAB_SANITIZED true
#else
#define ATTNLAB_SANITIZED false
#endif

namespace attnlab {

constexpr std::int64_t rounded_up(std::int64_t value, std::int64_t step) {
  return (value + step - 1) / step * step;
}

struct FreeBlock {
  std::int64_t mapped_bytes = 0;  ///< none: it came from operator new
  void operator()(std::byte* block) const;
};
using Block = std::unique_ptr<std::byte[], FreeBlock>;

/// Throws std::bad_alloc. `bytes` may be 0. A block as large as a huge page begins with one: where large
/// matrices lie in physical memory changed the time of the same work by several percent from process to
/// process, and large pages also take fewer faults to come and fewer entries of the page tables' caches.
Block allocate_block(std::int64_t bytes);

}  // namespace attnlab
