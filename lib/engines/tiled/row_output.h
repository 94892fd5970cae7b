// Where a plan's rows end: in the output, and as statistics of their weights.
#pragma once

#include <cstdint>
#include <span>

#include "attnlab/engines/engine.h"
#include "attnlab/engines/statistics_pass.h"
#include "attnlab/engines/tiled/logit_tiles.h"
#include "attnlab/kernels/rows.h"

namespace attnlab {

/// Statistics of a block's rows, by their sketches. `facts`: of the rows, or null.
void write_statistics(const RowCode& code, StatisticsPass& pass, const QueryBlock& block, RowSketch* sketches,
                      const RowFacts* facts);

/// A row of which only the support is at hand: keys[s] has weights[s].
struct SupportRow {
  std::int64_t batch, head, i;
  std::span<float> weights;
  std::span<const std::int32_t> keys;
  const RowFacts* facts = nullptr;  ///< where a modifier asks for them
};

/// Applies the modifiers that come after the normaliser, gathers the values of the support and writes the
/// row; with a pass its statistics, too: its sketch, the first of `sketches`, has the logits so far. `sum` is
/// scratch of head_dim_v floats.
void write_support_row(const RowCode& code, const Variant& variant, const Shape& shape, const Inputs& inputs,
                       const SupportRow& row, std::span<float> sum, const MutableTensorView& output,
                       StatisticsPass* pass, const SketchRows& sketches);

}  // namespace attnlab
