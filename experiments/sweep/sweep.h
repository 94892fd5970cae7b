// Grids of cells, one worker each, into a directory of records.
#pragma once

#include "options/options.h"

namespace attnlab {

/// The exit status: 0, 3 if some cell failed, 130 after an interrupt.
int sweep_command(const Settings& settings);

/// One cell: a summary, or with `json` its record.
int run_command(const Settings& settings);

}  // namespace attnlab
