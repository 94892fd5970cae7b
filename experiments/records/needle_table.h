// The needle test: how much of its weight each variant keeps on one key as the sequence grows.
#pragma once

#include <vector>

#include "cell/cell.h"
#include "records/table.h"

namespace attnlab {

/// Weight on the needle of input needle(delta), one column a length; no rows without such records.
Table make_needle_table(const std::vector<Json>& records);

}  // namespace attnlab
