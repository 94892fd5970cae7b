// attnlab compare: what is faster, slower, larger or further off, between two runs or two series of one.
#pragma once

#include "options.h"

namespace attnlab {

/// The exit status: 0, or 4 for what --fail-on names.
int compare_command(const Settings& settings);

}  // namespace attnlab
