// How a normaliser can be computed without storing the row: what an engine knows of it.
#pragma once

namespace attnlab {

enum class NormaliserKind {
  online,         ///< exponentials with a running maximum and sum; every visible key gets weight
  elementwise,    ///< a function of the logit and of how many keys the row sees; nothing makes the sum 1
  row_threshold,  ///< weight(scale s - tau) where that is positive, tau such that the weights sum to 1
  full_row,       ///< needs the whole row at once, in key order
};

}  // namespace attnlab
