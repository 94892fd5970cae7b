// The data of the report's line charts. charts.js makes Vega-Lite specifications from it, for the current
// width, condition and filters.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cell/cell.h"

namespace attnlab {

struct Chart {
  std::string id;
  std::string title;
  std::string axis;   ///< with its unit
  std::string path;   ///< path of the value in a record
  double unit;        ///< divisor of the value
  std::string scale;  ///< `log` or `linear`
  /// True: one line for each variant, from any backend, of one dtype, in the section on dispersion. False:
  /// one line for each series and one panel for each dtype.
  bool by_variant;
  std::string low = {};      ///< path of the lower end of an interval; empty: no interval
  std::string high = {};     ///< path of the upper end
  std::string formula = {};  ///< path of the predicted value, drawn as a line; the values are points
  std::string over = {};     ///< path of a second divisor; empty: none
};

const std::vector<Chart>& charts();

/// Whether some record has the value.
bool is_drawn(const Chart& chart, const std::vector<Json>& records);

/// A number with five digits, the resolution of a chart.
Json rounded(const std::optional<double>& value);

/// The records with figures, in the order of the cells of the model.
std::vector<const Json*> charted(const std::vector<Json>& records);

/// `series`, `variants`, `conditions`: names. `styles`: for each series the indices of its colour and its
/// run. `cells`: for each charted record the indices of its series, variant and condition, its dtype and n,
/// and whether it is disturbed. `charts`: the table above, each chart with a value (and interval and
/// predicted value) for every cell and, unless it is by variant, with the exponents of its curves by
/// condition, dtype and series. `references`: the lines of reference_lines.h.
Json chart_model(const std::vector<Json>& records);

}  // namespace attnlab
