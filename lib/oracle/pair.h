// A pair of variants on the same input: weights and outputs compared row by row in float64.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "attnlab/dispersion/divergence.h"
#include "attnlab/variants/inputs.h"

namespace attnlab {

/// A variant and its inputs. Q, K and V of a pair are the same; learned weights may differ.
struct PairSide {
  const Variant& variant;
  const Inputs& inputs;
};

struct PairRows {
  std::vector<double> output, baseline_output;  ///< (batch, heads, rows, head_dim_v), row-major
  std::vector<RowDivergence> divergences;  ///< (batch, heads, rows): divergence of `side` from `baseline`
};

/// Compares query rows `rows` of every head, in O(rows n) time for each head and O(n) memory for each thread.
PairRows compare_rows(const PairSide& side, const PairSide& baseline, const Problem& problem,
                      std::span<const std::int64_t> rows);

}  // namespace attnlab
