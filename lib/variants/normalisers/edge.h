// The edge of a normaliser whose weights jump: the last logit that is kept and the first that is left out.
#pragma once

namespace attnlab {

/// If the two differ by no more than rounding, rounding decides which keys get weight.
struct Edge {
  double kept;     ///< the lowest logit with weight
  double dropped;  ///< the highest logit without weight; -inf if every key is kept
};

}  // namespace attnlab
