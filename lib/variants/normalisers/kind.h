// Kinds of normalisers, by how they can be computed. Engines depend on nothing else.
#pragma once

namespace attnlab {

enum class NormaliserKind {
  online,         ///< exponentials with a running maximum and sum; every visible key gets weight
  elementwise,    ///< a function of the logit and of the number of visible keys; weights need not sum to 1
  row_threshold,  ///< weight(scale s - tau) for scale s > tau, with tau such that the weights sum to 1
  full_row,       ///< needs the whole row at once, in key order
};

}  // namespace attnlab
