// A group: cells that differ only in variant and engine. They are measured in blocks: in each block every
// open cell gives one sample, in a process of its own, in random order. Address layouts differ between
// blocks.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cell/rounds.h"
#include "process/launcher.h"

namespace attnlab {

struct GroupReports {
  std::function<void(const Cell&)> begins;  ///< called before each process of a cell
  std::function<void(std::size_t cell, const Json& record)>
      closes;  ///< called with the record of a cell as soon as it is complete
};

/// The record of one process of a cell, with `elapsed_ms` and `measured_ms`.
using Measure = std::function<Json(Passes, const Cell&)>;

/// Measures `cells`, for each of which predict() allowed a run. Each block has its own launcher. Throws
/// Interrupted and the exceptions of `closes`.
void measure_group(const std::vector<Cell>& cells, const Limits& limits, const StoppingRule& rule,
                   const GroupReports& reports);

/// The same with the function that `new_block` returns at the start of each block.
void measure_group(const std::vector<Cell>& cells, const StoppingRule& rule, const GroupReports& reports,
                   const std::function<Measure()>& new_block);

}  // namespace attnlab
