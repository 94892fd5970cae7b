// Records as text for a terminal.
#pragma once

#include <vector>

#include "cell/cell.h"

namespace attnlab {

/// Prints one line for each record, in order.
void print_table(const std::vector<Json>& records);

/// Prints all figures of one record.
void print_summary(const Json& record);

}  // namespace attnlab
