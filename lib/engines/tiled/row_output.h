// Writes the rows of a plan: to the output, and as statistics of their weights.
#pragma once

#include <cstdint>
#include <span>

#include "attnlab/engines/engine.h"
#include "attnlab/engines/statistics_pass.h"
#include "attnlab/engines/tiled/logit_tiles.h"
#include "attnlab/kernels/rows.h"

namespace attnlab {

/// Computes the statistics of the rows of a block from their sketches. `facts`: of the rows, or null.
void write_statistics(const RowCode& code, StatisticsPass& pass, const QueryBlock& block, RowSketch* sketches,
                      const RowFacts* facts);

/// A row given by its support: keys[s] has weights[s].
struct SupportRow {
  std::int64_t batch, head, i;
  std::span<float> weights;
  std::span<const std::int32_t> keys;
  const RowFacts* facts = nullptr;  ///< if a modifier needs them
};

/// Applies the modifiers after the normaliser, gathers the values of the support and writes the row; with a
/// statistics pass also its statistics. The first of `sketches` has the logits of the row. `sum` is scratch
/// of head_dim_v floats.
void write_support_row(const RowCode& code, const Variant& variant, const Shape& shape, const Inputs& inputs,
                       const SupportRow& row, std::span<float> sum, const MutableTensorView& output,
                       StatisticsPass* pass, const SketchRows& sketches);

}  // namespace attnlab
