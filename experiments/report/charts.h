// What the report's charts show. Their data stay in the records; charts.js makes Vega-Lite specifications of
// both, for the width and the condition at hand.
#pragma once

#include <string>
#include <vector>

#include "cell.h"

namespace attnlab {

struct Chart {
  std::string id;
  std::string title;
  std::string axis;   ///< with its unit
  std::string path;   ///< of the value in a record
  double unit;        ///< what the value is divided by
  std::string scale;  ///< `log` or `linear`
  bool by_variant;  ///< one line a variant, whatever computed it, of one dtype; else one a series and panel a
                    ///< dtype
  bool with_ln_n;   ///< beside it the entropy of uniform attention
};

const std::vector<Chart>& charts();

/// `series`, `variants`, `conditions`: names; `points`: for each record with figures its index, and the
/// indices of its series, variant and condition, its dtype and n; `charts`: the table above.
Json chart_model(const std::vector<Json>& records);

}  // namespace attnlab
