#include "core/workspace.h"

namespace attnlab {

std::byte* Workspace::allocate_bytes(std::int64_t bytes) {
  const std::int64_t size = rounded(bytes);
  blocks_.push_back(allocate_block(size));
  bytes_ += size;
  return blocks_.back().get();
}

}  // namespace attnlab
