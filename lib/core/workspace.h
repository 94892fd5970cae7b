// The counting allocator: every byte an engine uses beside its inputs and its output comes from here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "attnlab/core/block.h"

namespace attnlab {

/// Hands out 64-byte aligned blocks, each rounded up to 64 bytes, and frees them all when it dies.
/// Throws std::bad_alloc. Not thread-safe: plans allocate before they run.
class Workspace {
 public:
  Workspace() = default;

  /// A workspace that counts and allocates nothing: what it hands out is null, its spans are empty. A plan
  /// made on it says how many bytes a plan takes, and cannot run.
  static Workspace measuring();

  /// Bytes that a block of `bytes` occupies.
  static constexpr std::int64_t rounded(std::int64_t bytes) { return rounded_up(bytes, 64); }

  /// What is allocated next, up to `bytes`, shall lie side by side; if more is allocated, that lies
  /// elsewhere.
  void reserve(std::int64_t bytes);

  std::byte* allocate_bytes(std::int64_t bytes);

  template <class T>
  std::span<T> allocate(std::int64_t count) {
    auto* data = reinterpret_cast<T*>(allocate_bytes(count * static_cast<std::int64_t>(sizeof(T))));
    return {data, data ? static_cast<std::size_t>(count) : 0};
  }

  /// Sum of the rounded sizes of all blocks handed out, or of those that a measuring workspace was asked for.
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
