// Signs, before a cell runs, that its figures will not mean what the user expects.
#pragma once

#include <string>
#include <vector>

#include "cell/cell.h"

namespace attnlab {

/// One sentence each: more threads than cores; captured arrays that look like (n, heads, d).
std::vector<std::string> doubts(const Cell& cell);

}  // namespace attnlab
