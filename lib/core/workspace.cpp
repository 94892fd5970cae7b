#include "attnlab/core/workspace.h"

namespace attnlab {

std::span<std::byte> Workspace::add_block(std::int64_t bytes) {
  blocks_.push_back(allocate_block(bytes));
  return {blocks_.back().get(), static_cast<std::size_t>(bytes)};
}

void Workspace::reserve(std::int64_t bytes) {
  if (!ATTNLAB_SANITIZED) reserved_ = add_block(bytes);  // a sanitizer is to see the end of every block
}

std::byte* Workspace::allocate_bytes(std::int64_t bytes) {
  const std::int64_t size = rounded(bytes);
  std::span<std::byte> block = reserved_;
  if (size == 0 || std::ssize(reserved_) < size)
    block = add_block(size);
  else
    reserved_ = reserved_.subspan(static_cast<std::size_t>(size));
  bytes_ += size;
  return block.data();
}

}  // namespace attnlab
