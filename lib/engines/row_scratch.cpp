#include "attnlab/engines/row_scratch.h"

namespace attnlab {

RowScratch take_row_scratch(Workspace& workspace, std::int64_t count) {
  return {workspace.allocate<double>(count), workspace.allocate<std::int32_t>(count),
          workspace.allocate<std::int32_t>(count)};
}

}  // namespace attnlab
