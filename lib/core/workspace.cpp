#include "attnlab/core/workspace.h"

namespace attnlab {

Workspace Workspace::measuring() {
  Workspace workspace;
  workspace.measures_ = true;
  return workspace;
}

std::span<std::byte> Workspace::add_block(std::int64_t bytes) {
  blocks_.push_back(allocate_block(bytes));
  return {blocks_.back().get(), static_cast<std::size_t>(bytes)};
}

void Workspace::reserve(std::int64_t bytes) {
  // Under a sanitizer every block is separate, so that it sees the ends.
  if (!measures_ && !ATTNLAB_SANITIZED) reserved_ = add_block(bytes);
}

std::byte* Workspace::take(std::int64_t size) {
  std::span<std::byte> block = reserved_;
  if (size == 0 || std::ssize(reserved_) < size)
    block = add_block(size);
  else
    reserved_ = reserved_.subspan(static_cast<std::size_t>(size));
  return block.data();
}

std::byte* Workspace::allocate_bytes(std::int64_t bytes) {
  const std::int64_t size = rounded(bytes);
  std::byte* const block = measures_ ? nullptr : take(size);
  bytes_ += size;
  return block;
}

}  // namespace attnlab
