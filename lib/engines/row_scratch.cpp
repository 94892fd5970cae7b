#include "attnlab/engines/row_scratch.h"

namespace attnlab {

RowScratch take_row_scratch(Workspace& workspace, std::int64_t count) {
  return {workspace.allocate<double>(count), workspace.allocate<std::int32_t>(count),
          workspace.allocate<std::int32_t>(count)};
}

std::int64_t row_scratch_bytes(std::int64_t count) {
  return Workspace::rounded(count * 8) + 2 * Workspace::rounded(count * 4);
}

}  // namespace attnlab
