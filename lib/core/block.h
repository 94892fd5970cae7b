// Memory of workspaces and tensors: blocks of whole cache lines, of huge pages where the kernel has them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace attnlab {

struct FreeBlock {
  void operator()(std::byte* block) const;
};
using Block = std::unique_ptr<std::byte[], FreeBlock>;

/// Throws std::bad_alloc. `bytes` may be 0.
Block allocate_block(std::int64_t bytes);

}  // namespace attnlab
