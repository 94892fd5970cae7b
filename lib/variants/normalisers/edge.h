// Where a normaliser's weights jump: on a row of logits, the last one kept and the first one left out.
#pragma once

namespace attnlab {

/// The two are apart by more than rounding, or which keys get weight is a matter of rounding.
struct Edge {
  double kept;     ///< the lowest logit with a weight
  double dropped;  ///< the highest one without; -inf where every key is kept
};

}  // namespace attnlab
