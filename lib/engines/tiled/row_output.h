// Where a driver's rows end: in the output, and as statistics of their weights.
#pragma once

#include <cstdint>
#include <span>

#include "dispersion/row_sketch.h"
#include "engines/engine.h"
#include "engines/tiled/logit_tiles.h"
#include "rows/rows.h"

namespace attnlab {

/// Statistics of a block's rows, by their sketches; `statistics` is that of Plan::run_with_statistics.
void write_statistics(const Pattern& pattern, const Shape& shape, const QueryBlock& block,
                      const RowSketch* sketches, std::span<RowStatistics> statistics);

/// A row of which only the support is at hand: keys[s] has weights[s].
struct SupportRow {
  std::int64_t batch, head, i;
  std::span<const float> weights;
  std::span<const std::int32_t> keys;
};

/// Gathers the values of its support, writes the row, and its statistics unless `statistics` is empty. `sum`
/// is scratch of head_dim_v floats.
void write_support_row(const RowCode& code, const Pattern& pattern, const Shape& shape, const Inputs& inputs,
                       const SupportRow& row, std::span<float> sum, const MutableTensorView& output,
                       std::span<RowStatistics> statistics);

}  // namespace attnlab
