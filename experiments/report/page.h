// The report as one HTML page: nothing in it comes from elsewhere, nothing of a record's text is read as
// markup.
#pragma once

#include <string>

#include "compare/subject.h"

namespace attnlab {

std::string make_page(const std::string& title, const Subject& subject);

}  // namespace attnlab
