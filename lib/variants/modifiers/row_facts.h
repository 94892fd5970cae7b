// Facts of a row that a modifier may use besides the logit and the two positions.
#pragma once

#include "attnlab/core/problem.h"
#include "attnlab/variants/key_set.h"

namespace attnlab {

struct RowFacts {
  double visible_keys = 0;
  double entropy = 0;  ///< entropy in nats of the softmax of the row, before this modifier
  double center = 0;   ///< the position that the query predicts (Modifier::center)
  /// The keys that the modifiers leave to the row. The row sees those that are also visible by the pattern.
  KeyRange keys = every_key;

  static constexpr KeyRange every_key{0, max_seqlen};
};

/// The facts that a modifier needs: the named one and those before it.
enum class RowFact { none, visible_keys, center, entropy };

}  // namespace attnlab
