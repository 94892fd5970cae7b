// The report as one HTML page. It loads nothing from elsewhere, and text of records is never interpreted as
// markup.
#pragma once

#include <string>

#include "compare/subject.h"

namespace attnlab {

std::string make_page(const std::string& title, const Subject& subject);

}  // namespace attnlab
