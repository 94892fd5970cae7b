// The table of commands.
#pragma once

#include <vector>

#include "options/options.h"

namespace attnlab {

const std::vector<Command>& commands();

}  // namespace attnlab
