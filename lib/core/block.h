// Memory of workspaces and tensors: blocks of whole cache lines, on huge pages if the kernel has them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

/// Under a sanitizer the heap is its own: it checks the ends of blocks and maps more memory than any limit
/// allows.
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
  std::int64_t mapped_bytes = 0;  ///< 0: the block came from operator new
  void operator()(std::byte* block) const;
};
using Block = std::unique_ptr<std::byte[], FreeBlock>;

/// Throws std::bad_alloc. `bytes` may be 0. A block that is at least as large as a huge page begins on one.
/// The physical addresses of large matrices changed the time of the same work by several percent from process
/// to process; huge pages also cause fewer page faults and need fewer TLB entries.
Block allocate_block(std::int64_t bytes);

}  // namespace attnlab
