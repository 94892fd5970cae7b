// Counter of heap bytes in use. Allocations update it; measurements read it.
#pragma once

#include <atomic>
#include <cstdint>

namespace attnlab {

/// Bytes in use, and their peak.
class HeapCount {
 public:
  /// A negative number means freed bytes.
  void add(std::int64_t bytes) {
    const std::int64_t now = in_use_.fetch_add(bytes, std::memory_order_relaxed) + bytes;
    std::int64_t highest = peak_.load(std::memory_order_relaxed);
    while (now > highest && !peak_.compare_exchange_weak(highest, now, std::memory_order_relaxed)) {
    }
  }
  std::int64_t in_use() const { return in_use_.load(std::memory_order_relaxed); }
  std::int64_t peak() const { return peak_.load(std::memory_order_relaxed); }
  void reset_peak() { peak_ = in_use(); }

 private:
  std::atomic<std::int64_t> in_use_{0};
  std::atomic<std::int64_t> peak_{0};
};

/// The counter of the program. Mapped blocks update it themselves; measure/heap.cpp adds the blocks of
/// malloc.
inline constinit HeapCount heap_count;

}  // namespace attnlab
