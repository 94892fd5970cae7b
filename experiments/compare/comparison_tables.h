// A comparison as tables, independent of the output format.
#pragma once

#include <vector>

#include "compare/comparison.h"
#include "records/table.h"

namespace attnlab {

/// `compare`: the pairs with their verdicts. `not-compared`: the other cells, if there are any.
std::vector<Table> comparison_tables(const Comparison& comparison);

/// For CSV: the cells that are not compared as further rows, with the reason.
Table comparison_as_one_table(const Comparison& comparison);

}  // namespace attnlab
