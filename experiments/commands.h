// The one table of commands.
#pragma once

#include <vector>

#include "options.h"

namespace attnlab {

const std::vector<Command>& commands();

}  // namespace attnlab
