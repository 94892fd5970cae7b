// The report's charts as Vega-Lite specifications; every one has a table that says the same.
#pragma once

#include <string>
#include <vector>

#include "cell.h"

namespace attnlab {

struct Chart {
  std::string id;
  std::string title;
  std::string description;  ///< for readers who do not see it
  Json specification;
  std::string table;  ///< id of the table that says the same
};

std::vector<Chart> make_charts(const std::vector<Json>& records);

/// Exact weights beside a variant's, one for each variant and input that has a map. Their data stay in the
/// records: the specification names them as `record:INDEX:exact` and `record:INDEX:variant`, and report.js
/// fills them in.
std::vector<Chart> make_heatmaps(const std::vector<Json>& records);

}  // namespace attnlab
