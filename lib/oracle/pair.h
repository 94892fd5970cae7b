// Two variants on the same input, row by row in float64: weights and output of one against those of the
// other.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "attnlab/dispersion/divergence.h"
#include "attnlab/variants/inputs.h"

namespace attnlab {

/// A variant and its inputs: Q, K and V of a pair are the same, learned weights may not be.
struct PairSide {
  const Variant& variant;
  const Inputs& inputs;
};

struct PairRows {
  std::vector<double> output, baseline_output;  ///< (batch, heads, rows, head_dim_v), row-major
  std::vector<RowDivergence> divergences;       ///< (batch, heads, rows): of `side` from `baseline`
};

/// Query rows `rows` of every head. O(rows n) work a head, O(n) memory a thread.
PairRows compare_rows(const PairSide& side, const PairSide& baseline, const Problem& problem,
                      std::span<const std::int64_t> rows);

}  // namespace attnlab
