#include "attnlab/core/block.h"

#include <sys/mman.h>
#include <unistd.h>

#include <new>

#include "attnlab/core/heap_count.h"

namespace attnlab {

namespace {

constexpr std::align_val_t cache_line{64};
constexpr std::int64_t huge_page = std::int64_t{2} << 20;

/// Maps whole pages, aligned to a huge page. Only the block becomes resident: a part that fills no huge page
/// uses small ones.
Block map_block(std::int64_t bytes) {
  const std::int64_t size = rounded_up(bytes, sysconf(_SC_PAGESIZE));
  void* const mapping = mmap(nullptr, static_cast<std::size_t>(size + huge_page), PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapping == MAP_FAILED) throw std::bad_alloc();
  const std::int64_t before = -reinterpret_cast<std::intptr_t>(mapping) & (huge_page - 1);
  auto* const block = static_cast<std::byte*>(mapping) + before;
  if (before > 0) munmap(mapping, static_cast<std::size_t>(before));
  munmap(block + size, static_cast<std::size_t>(huge_page - before));
  madvise(block, static_cast<std::size_t>(size), MADV_HUGEPAGE);  // has no effect if there are no huge pages
  heap_count.add(size);
  return Block(block, {size});
}

}  // namespace

void FreeBlock::operator()(std::byte* block) const {
  if (mapped_bytes == 0) return ::operator delete[](block, cache_line);
  munmap(block, static_cast<std::size_t>(mapped_bytes));
  heap_count.add(-mapped_bytes);
}

Block allocate_block(std::int64_t bytes) {
  if (bytes >= huge_page && !ATTNLAB_SANITIZED) return map_block(bytes);
  return Block(static_cast<std::byte*>(::operator new[](static_cast<std::size_t>(bytes), cache_line)));
}

}  // namespace attnlab
