// Room in a workspace for what full_row normalisers need beside a row.
#pragma once

#include <cstdint>

#include "attnlab/core/workspace.h"
#include "attnlab/variants/normalisers/row_scratch.h"

namespace attnlab {

/// Room for a row of `count` logits beside it, for full_row normalisers, and the bytes that it takes.
RowScratch take_row_scratch(Workspace& workspace, std::int64_t count);
std::int64_t row_scratch_bytes(std::int64_t count);

}  // namespace attnlab
