// Records for a reader at a terminal.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cell.h"

namespace attnlab {

/// As in `12.5 MiB`, `340 us`.
std::string format_bytes(std::int64_t bytes);
std::string format_seconds(double seconds);

/// One line a record, in the records' order, on standard output.
void print_table(const std::vector<Json>& records);

/// Everything one record says, on standard output.
void print_summary(const Json& record);

}  // namespace attnlab
