#include "core/workspace.h"

#include <new>

namespace attnlab {

Workspace::~Workspace() {
  for (std::byte* block : blocks_) ::operator delete[](block, std::align_val_t{64});
}

std::byte* Workspace::allocate_bytes(std::int64_t bytes) {
  const std::int64_t size = rounded(bytes);
  blocks_.reserve(blocks_.size() + 1);
  auto* block =
      static_cast<std::byte*>(::operator new[](static_cast<std::size_t>(size), std::align_val_t{64}));
  blocks_.push_back(block);
  bytes_ += size;
  return block;
}

}  // namespace attnlab
