// The table with which a sweep ends.
#pragma once

#include <string>
#include <vector>

#include "cell/cell.h"

namespace attnlab {

/// Prints one line for each record, in order: time with interval, share of clean samples (marked if too few,
/// and the line dimmed if its figures use disturbed ones), speed-up, workspace, error, entropy.
void print_table(const std::vector<Json>& records);

/// A line at the end of a sweep: how many cells are disturbed, or have too few samples; empty if none.
std::string disturbed_line(const std::vector<Json>& records);

}  // namespace attnlab
