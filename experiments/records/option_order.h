// The order of the records of a run: that of the options of its sweep.
#pragma once

#include <filesystem>
#include <vector>

#include "cell/cell.h"

namespace attnlab {

/// Sorts records by the position of their backend and variant in the options of the sweep (run.json), so that
/// rows and colours do not depend on the order in which cells ended. Other series follow by backend and name.
void sort_by_options(const std::filesystem::path& directory, std::vector<Json>& records);

}  // namespace attnlab
