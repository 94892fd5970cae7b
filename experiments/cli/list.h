// attnlab list: all backends, engines, members, inputs and statistics, one line each, from their tables.
#pragma once

#include "options/options.h"

namespace attnlab {

int list_command(const Settings& settings);

}  // namespace attnlab
