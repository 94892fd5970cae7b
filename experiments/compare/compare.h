// attnlab compare: what is faster, slower, larger or further off, between two runs or two series of one.
#pragma once

#include "options/options.h"

namespace attnlab {

/// The exit status: 0, or 4 for what --fail-on names.
int compare_command(const Settings& settings);

/// Of --format and --fail-on; the first is the default.
std::vector<std::string> compare_formats();
std::vector<std::string> fail_on_choices();

}  // namespace attnlab
