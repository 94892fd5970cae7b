// attnlab compare: time, memory, error and dispersion of two runs, or of two series of one run.
#pragma once

#include "options/options.h"

namespace attnlab {

/// Returns the exit status: 0, or 4 if the condition of --fail-on holds.
int compare_command(const Settings& settings);

/// Values of --format and of --fail-on; the first is the default.
std::vector<std::string> compare_formats();
std::vector<std::string> fail_on_choices();

}  // namespace attnlab
