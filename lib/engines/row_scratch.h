// Scratch memory of full_row normalisers in a workspace.
#pragma once

#include <cstdint>

#include "attnlab/core/workspace.h"
#include "attnlab/variants/normalisers/row_scratch.h"

namespace attnlab {

/// Scratch memory for a row of `count` logits.
RowScratch take_row_scratch(Workspace& workspace, std::int64_t count);

}  // namespace attnlab
