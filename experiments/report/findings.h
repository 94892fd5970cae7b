// What came out, in sentences computed from the records.
#pragma once

#include <string>
#include <vector>

#include "compare/subject.h"

namespace attnlab {

/// How many cells have figures; of two runs the verdicts on them; the fastest exact and the fastest of all
/// backends at the largest n; growth; dispersion. Where records have several conditions, of the first, which
/// is named.
std::vector<std::string> make_findings(const Subject& subject);

}  // namespace attnlab
