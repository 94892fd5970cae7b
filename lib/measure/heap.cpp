#include "attnlab/measure/heap.h"

#include <malloc.h>

#include <cerrno>
#include <cstddef>

#include "attnlab/core/block.h"
#include "attnlab/core/heap_count.h"

#if ATTNLAB_SANITIZED

namespace attnlab {
std::optional<std::int64_t> heap_bytes() { return std::nullopt; }
std::optional<std::int64_t> heap_peak_bytes() { return std::nullopt; }
void reset_heap_peak() {}
}  // namespace attnlab

#else

namespace attnlab {

namespace {

void* counted(void* block) {
  if (block == nullptr) return nullptr;
  heap_count.add(static_cast<std::int64_t>(malloc_usable_size(block)));
  return block;
}

void uncount(void* block) {
  if (block != nullptr) heap_count.add(-static_cast<std::int64_t>(malloc_usable_size(block)));
}

}  // namespace

std::optional<std::int64_t> heap_bytes() { return heap_count.in_use(); }
std::optional<std::int64_t> heap_peak_bytes() { return heap_count.peak(); }
void reset_heap_peak() { heap_count.reset_peak(); }

}  // namespace attnlab

// glibc's allocator under its internal names. The definitions below replace the public functions in the whole
// program.
extern "C" {

void* __libc_malloc(std::size_t bytes);
void* __libc_calloc(std::size_t count, std::size_t bytes);
void* __libc_realloc(void* block, std::size_t bytes);
void* __libc_memalign(std::size_t alignment, std::size_t bytes);
void __libc_free(void* block);

void* malloc(std::size_t bytes) { return attnlab::counted(__libc_malloc(bytes)); }

void* calloc(std::size_t count, std::size_t bytes) { return attnlab::counted(__libc_calloc(count, bytes)); }

void* realloc(void* block, std::size_t bytes) {
  const auto before = static_cast<std::int64_t>(block ? malloc_usable_size(block) : 0);
  void* const moved = __libc_realloc(block, bytes);
  if (moved == nullptr && bytes != 0) return nullptr;
  attnlab::heap_count.add(-before);
  return attnlab::counted(moved);
}

void* memalign(std::size_t alignment, std::size_t bytes) {
  return attnlab::counted(__libc_memalign(alignment, bytes));
}

void* aligned_alloc(std::size_t alignment, std::size_t bytes) { return memalign(alignment, bytes); }

int posix_memalign(void** block, std::size_t alignment, std::size_t bytes) {
  if (alignment % sizeof(void*) != 0 || (alignment & (alignment - 1)) != 0 || alignment == 0) return EINVAL;
  void* const made = memalign(alignment, bytes);
  if (made == nullptr) return ENOMEM;
  *block = made;
  return 0;
}

void free(void* block) {
  attnlab::uncount(block);
  __libc_free(block);
}

}  // extern "C"

#endif
