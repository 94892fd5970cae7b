// attnlab list: what there is, one line each, from the tables themselves.
#pragma once

#include "options/options.h"

namespace attnlab {

int list_command(const Settings& settings);

}  // namespace attnlab
