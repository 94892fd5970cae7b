// A comparison as tables, for every format.
#pragma once

#include <vector>

#include "compare/comparison.h"
#include "records/table.h"

namespace attnlab {

/// `compare`: the pairs with their verdicts; `not-compared`: the others, where there are any.
std::vector<Table> comparison_tables(const Comparison& comparison);

}  // namespace attnlab
