// The weights of one head beside those of its exact counterpart: for records and pictures.
#pragma once

#include <cstdint>
#include <string>

#include "attnlab/oracle/weight_map.h"
#include "cell/cell.h"

namespace attnlab {

struct Heatmap {
  std::int64_t head = 0;  ///< of all batches, batch by batch
  std::string exact_variant;
  WeightMap variant, exact;  ///< the same number of bins, at most 128
};

Heatmap make_heatmap(const Variant& variant, const Problem& problem, const Inputs& inputs, std::int64_t head);

/// As in results/SCHEMA.md, to 3 digits.
Json to_json(const Heatmap& heatmap, const Shape& shape);

}  // namespace attnlab
