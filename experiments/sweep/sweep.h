// attnlab sweep and attnlab run.
#pragma once

#include "options/options.h"

namespace attnlab {

/// Measures a grid of cells into a directory of records. Returns exit status 0, 3 if a cell failed, or 130
/// after an interrupt.
int sweep_command(const Settings& settings);

/// Measures one cell and prints a summary, or its record with --json.
int run_command(const Settings& settings);

}  // namespace attnlab
