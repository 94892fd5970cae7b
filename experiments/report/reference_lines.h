// What theory draws beside measured curves: uniform attention, the laws of the input, the bound of the
// spread.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "cell/cell.h"

namespace attnlab {

struct ReferenceLine {
  std::size_t condition;                                ///< the condition whose charts show it (Conditions)
  std::string chart;                                    ///< id of the chart
  std::string label;                                    ///< at the end of the line
  std::string name;                                     ///< name in the legend
  std::vector<std::pair<std::int64_t, double>> points;  ///< n, value; n rises
};

/// Lines for softmax over all n keys of scaled dot products, if there are records of it: laws
/// (lib/dispersion/laws.h) for inputs gaussian(sigma) and needle(delta), at the n where they hold, and bounds
/// from the measured spread of the logits. Lines without points are left out.
std::vector<ReferenceLine> reference_lines(const std::vector<Json>& records);

}  // namespace attnlab
