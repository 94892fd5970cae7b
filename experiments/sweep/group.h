// Cells that differ in variant and engine alone, measured side by side: in each block every cell still open
// takes one sample, in a process of its own, in random order. Each block has address layouts of its own.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cell/rounds.h"
#include "process/launcher.h"

namespace attnlab {

struct GroupReports {
  std::function<void(const Cell&)> begins;  ///< one process of a cell
  std::function<void(std::size_t cell, const Json& record)>
      closes;  ///< the cell's record, as soon as it is whole
};

/// Measures `cells` (each has passed predict()). Throws Interrupted, and what `closes` throws.
void measure_group(const std::vector<Cell>& cells, const Limits& limits, const StoppingRule& rule,
                   const GroupReports& reports);

}  // namespace attnlab
