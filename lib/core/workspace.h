// A counting allocator. An engine takes all memory from it, except its inputs and its output.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "attnlab/core/block.h"

namespace attnlab {

/// Allocates 64-byte aligned blocks, each rounded up to 64 bytes, and frees them on destruction. Throws
/// std::bad_alloc. Not thread-safe: plans allocate before they run.
class Workspace {
 public:
  Workspace() = default;

  /// A measuring workspace counts bytes and allocates nothing: its pointers are null and its spans are empty.
  /// A plan made on it shows how many bytes a plan takes; the plan cannot run.
  static Workspace measuring();

  /// Bytes that a block of size `bytes` occupies.
  static constexpr std::int64_t rounded(std::int64_t bytes) { return rounded_up(bytes, 64); }

  /// Makes the next allocations, up to `bytes` in total, contiguous. Allocations beyond that are separate.
  void reserve(std::int64_t bytes);

  std::byte* allocate_bytes(std::int64_t bytes);

  template <class T>
  std::span<T> allocate(std::int64_t count) {
    auto* data = reinterpret_cast<T*>(allocate_bytes(count * static_cast<std::int64_t>(sizeof(T))));
    return {data, data ? static_cast<std::size_t>(count) : 0};
  }

  /// Sum of the rounded sizes of all blocks, allocated or measured.
  std::int64_t bytes() const { return bytes_; }

 private:
  std::span<std::byte> add_block(std::int64_t bytes);
  std::byte* take(std::int64_t size);

  bool measures_ = false;
  std::vector<Block> blocks_;
  std::span<std::byte> reserved_;
  std::int64_t bytes_ = 0;
};

}  // namespace attnlab
