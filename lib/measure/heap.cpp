#include "measure/heap.h"

#include <malloc.h>

#include <atomic>
#include <cerrno>
#include <cstddef>

#if ATTNLAB_SANITIZED

namespace attnlab {
std::optional<std::int64_t> heap_bytes() { return std::nullopt; }
std::optional<std::int64_t> heap_peak_bytes() { return std::nullopt; }
void reset_heap_peak() {}
}  // namespace attnlab

#else

namespace attnlab {

namespace {

std::atomic<std::int64_t> in_use{0};
std::atomic<std::int64_t> peak{0};

void* counted(void* block) {
  if (block == nullptr) return nullptr;
  const auto bytes = static_cast<std::int64_t>(malloc_usable_size(block));
  const std::int64_t now = in_use.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  std::int64_t highest = peak.load(std::memory_order_relaxed);
  while (now > highest && !peak.compare_exchange_weak(highest, now, std::memory_order_relaxed)) {
  }
  return block;
}

void uncount(void* block) {
  if (block != nullptr)
    in_use.fetch_sub(static_cast<std::int64_t>(malloc_usable_size(block)), std::memory_order_relaxed);
}

}  // namespace

std::optional<std::int64_t> heap_bytes() { return in_use.load(); }
std::optional<std::int64_t> heap_peak_bytes() { return peak.load(); }
void reset_heap_peak() { peak = in_use.load(); }

}  // namespace attnlab

// glibc's allocator under its own names; defining the public ones in the program takes their place everywhere
// in it.
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
  attnlab::in_use.fetch_sub(before, std::memory_order_relaxed);
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
