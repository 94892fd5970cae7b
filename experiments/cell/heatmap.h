// The weights of one head beside those of its exact counterpart: for records and pictures.
#pragma once

#include <cstdint>
#include <string>

#include "attnlab/oracle/weight_map.h"
#include "cell/cell.h"

namespace attnlab {

struct Heatmap {
  std::int64_t head = 0;  ///< counted through all batches
  std::string exact_variant;
  WeightMap variant, exact;  ///< at most 128 bins a side, the same number in both
};

Heatmap make_heatmap(const Variant& variant, const Problem& problem, const Inputs& inputs, std::int64_t head);

/// As in results/SCHEMA.md, to 3 digits.
Json to_json(const Heatmap& heatmap, const Shape& shape);

}  // namespace attnlab
