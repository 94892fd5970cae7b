// The main results in sentences, computed from the records.
#pragma once

#include <string>
#include <vector>

#include "compare/subject.h"

namespace attnlab {

/// Number of cells with figures; verdicts if there are two runs; the fastest exact backend and the fastest of
/// all at the largest n; growth; dispersion. If the records have several conditions, the findings are about
/// the first and say so.
std::vector<std::string> make_findings(const Subject& subject);

}  // namespace attnlab
