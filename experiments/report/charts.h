// What the report's line charts show; charts.js makes Vega-Lite specifications of it, for the width, the
// condition and the filters at hand.
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
  std::string path;   ///< of the value in a record
  double unit;        ///< what the value is divided by
  std::string scale;  ///< `log` or `linear`
  /// One line a variant, whatever computed it, of one dtype, in the section on dispersion; else one a series
  /// and a panel a dtype.
  bool by_variant;
  std::string low = {};      ///< path of the lower end of the value's interval; empty: it has none
  std::string high = {};     ///< of the upper end
  std::string formula = {};  ///< of what the value has to be, drawn as a line with the values as points on it
  std::string over = {};     ///< path of what the value is divided by besides; empty: nothing
};

const std::vector<Chart>& charts();

/// True if some record has its value.
bool is_drawn(const Chart& chart, const std::vector<Json>& records);

/// A number to five digits: what a chart can show.
Json rounded(const std::optional<double>& value);

/// The records that charts are drawn of, those with figures, in the order of the model's cells.
std::vector<const Json*> charted(const std::vector<Json>& records);

/// `series`, `variants`, `conditions`: names; `styles`: for each series the index of its colour and of its
/// run; `cells`: for each charted record the indices of its series, variant and condition, its dtype and n;
/// `charts`: the table above, each with a value (and its interval, and the formula's) for every cell, and, if
/// it is of series, with the exponents of its curves by condition, dtype and series; `references`: lines that
/// theory draws beside them (reference_lines.h).
Json chart_model(const std::vector<Json>& records);

}  // namespace attnlab
