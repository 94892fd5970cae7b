// Room in a workspace for what full_row normalisers need beside a row.
#pragma once

#include <cstdint>

#include "attnlab/core/workspace.h"
#include "attnlab/variants/normalisers/row_scratch.h"

namespace attnlab {

/// Room for a row of `count` logits beside it.
RowScratch take_row_scratch(Workspace& workspace, std::int64_t count);

}  // namespace attnlab
