// The record of one cell as text for a reader.
#pragma once

#include "cell/cell.h"

namespace attnlab {

/// Prints all figures of one record. Differences from another variant are left out where that is the variant
/// itself.
void print_summary(const Json& record);

/// Prints the chief figures in at most 8 lines.
void print_brief_summary(const Json& record);

}  // namespace attnlab
