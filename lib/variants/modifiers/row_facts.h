// What a modifier may know of the row it works on, beside the logit and the two positions.
#pragma once

#include "attnlab/core/problem.h"
#include "attnlab/variants/key_set.h"

namespace attnlab {

struct RowFacts {
  double visible_keys = 0;
  double entropy = 0;  ///< nats, of the softmax of the row as the modifier finds it
  double center = 0;   ///< the key that the query expects (Modifier::center)
  /// The keys that the modifiers leave to the row; it sees those of them that the pattern shows.
  KeyRange keys = every_key;

  static constexpr KeyRange every_key{0, max_seqlen};
};

/// Which of them a modifier asks for: the one named and those before it.
enum class RowFact { none, visible_keys, center, entropy };

}  // namespace attnlab
