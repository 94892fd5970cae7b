// Checks of the parts of a record beneath its keys: sizes, samples, lists by head, maps.
#pragma once

#include <string>
#include <vector>

#include "cell/cell.h"

namespace attnlab {

/// Adds a sentence to `found` for each size of `cell` below 1. The keys of `cell` must be valid.
void check_sizes(const Json& cell, std::vector<std::string>& found);

/// The same for the parts of a record of status ok, whose keys (schema.cpp) must be valid.
void check_parts(const Json& record, std::vector<std::string>& found);

}  // namespace attnlab
