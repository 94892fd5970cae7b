// The needle test: the weight that each variant keeps on one key as the sequence grows.
#pragma once

#include <vector>

#include "cell/cell.h"
#include "records/table.h"

namespace attnlab {

/// Weight on the needle of input needle(delta), a column for each length. Without such records the table has
/// no rows.
Table make_needle_table(const std::vector<Json>& records);

}  // namespace attnlab
