#include "core/workspace.h"

#include <sys/mman.h>

#include <new>

namespace attnlab {

namespace {

/// Asks for huge pages where whole ones lie inside the block, so that no more memory becomes resident: large
/// matrices take fewer page faults to come, and less time to go. Where the kernel has none, nothing changes.
void prefer_huge_pages(std::byte* block, std::int64_t size) {
  constexpr std::uintptr_t page = std::uintptr_t{2} << 20;
  const auto begin = reinterpret_cast<std::uintptr_t>(block);
  const std::uintptr_t first = (begin + page - 1) / page * page;
  const std::uintptr_t last = (begin + static_cast<std::uintptr_t>(size)) / page * page;
  if (first < last) madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE);
}

}  // namespace

Workspace::~Workspace() {
  for (std::byte* block : blocks_) ::operator delete[](block, std::align_val_t{64});
}

std::byte* Workspace::allocate_bytes(std::int64_t bytes) {
  const std::int64_t size = rounded(bytes);
  blocks_.reserve(blocks_.size() + 1);
  auto* block =
      static_cast<std::byte*>(::operator new[](static_cast<std::size_t>(size), std::align_val_t{64}));
  prefer_huge_pages(block, size);
  blocks_.push_back(block);
  bytes_ += size;
  return block;
}

}  // namespace attnlab
