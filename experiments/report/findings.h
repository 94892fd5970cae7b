// What came out, in sentences computed from the records.
#pragma once

#include <string>
#include <vector>

#include "cell.h"

namespace attnlab {

/// How many cells have figures; the fastest exact and the fastest of all backends at the largest n; growth;
/// dispersion. Where records have several conditions, of the first, which is named.
std::vector<std::string> make_findings(const std::vector<Json>& records);

}  // namespace attnlab
