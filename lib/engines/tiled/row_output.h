// Where a driver's rows end: in the output, and as statistics of their weights.
#pragma once

#include <cstdint>
#include <span>

#include "engines/engine.h"
#include "engines/statistics_pass.h"
#include "engines/tiled/logit_tiles.h"
#include "rows/rows.h"

namespace attnlab {

/// Statistics of a block's rows, by their sketches.
void write_statistics(const RowCode& code, StatisticsPass& pass, const QueryBlock& block,
                      RowSketch* sketches);

/// A row of which only the support is at hand: keys[s] has weights[s].
struct SupportRow {
  std::int64_t batch, head, i;
  std::span<const float> weights;
  std::span<const std::int32_t> keys;
};

/// Gathers the values of its support and writes the row. `sum` is scratch of head_dim_v floats.
void write_support_row(const RowCode& code, const Shape& shape, const Inputs& inputs, const SupportRow& row,
                       std::span<float> sum, const MutableTensorView& output);

/// Writes the row's statistics; its sketch, the first of `sketches`, has the logits so far.
void write_support_statistics(const RowCode& code, StatisticsPass& pass, const Shape& shape,
                              const SupportRow& row, const SketchRows& sketches);

}  // namespace attnlab
