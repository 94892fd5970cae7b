// Records for a reader at a terminal.
#pragma once

#include <vector>

#include "cell/cell.h"

namespace attnlab {

/// One line a record, in the records' order, on standard output.
void print_table(const std::vector<Json>& records);

/// Everything one record says, on standard output.
void print_summary(const Json& record);

}  // namespace attnlab
