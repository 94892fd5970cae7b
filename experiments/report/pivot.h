// A table with a row for each length and a column for each variant, for papers.
#pragma once

#include <vector>

#include "records/table.h"

namespace attnlab {

/// The first figure of every cell with its interval, if the table has one: one table for each storage type
/// and condition. The least figure of a row is bold; those of disturbed cells are marked and never bold.
/// Throws ArgumentError (`pivot`) for a table without a figure of which less is better.
std::vector<Table> pivot_by_length(const Table& table);

}  // namespace attnlab
