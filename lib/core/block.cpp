#include "core/block.h"

#include <sys/mman.h>

#include <new>

namespace attnlab {

namespace {

constexpr std::align_val_t cache_line{64};

/// Asks for huge pages where whole ones lie inside the block, so that no more memory becomes resident: large
/// matrices take fewer page faults to come, less time to go, and fewer entries of the page tables' caches.
/// Where the kernel has none, nothing changes.
void prefer_huge_pages(std::byte* block, std::int64_t size) {
  constexpr std::uintptr_t page = std::uintptr_t{2} << 20;
  const auto begin = reinterpret_cast<std::uintptr_t>(block);
  const std::uintptr_t first = (begin + page - 1) / page * page;
  const std::uintptr_t last = (begin + static_cast<std::uintptr_t>(size)) / page * page;
  if (first < last) madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE);
}

}  // namespace

void FreeBlock::operator()(std::byte* block) const { ::operator delete[](block, cache_line); }

Block allocate_block(std::int64_t bytes) {
  Block block(static_cast<std::byte*>(::operator new[](static_cast<std::size_t>(bytes), cache_line)));
  prefer_huge_pages(block.get(), bytes);
  return block;
}

}  // namespace attnlab
