// Signs, before a cell runs, that its figures will not mean what the user expects.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cell/cell.h"

namespace attnlab {

/// One sentence each: more threads than cores, or than the CPU quota of a control group (nullopt: none)
/// allows at once; captured arrays that look like (n, heads, d).
std::vector<std::string> doubts(const Cell& cell, const std::optional<double>& cpu_quota);

}  // namespace attnlab
