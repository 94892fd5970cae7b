// What a modifier may know of the row it works on, beside the logit and the two positions.
#pragma once

namespace attnlab {

struct RowFacts {
  double visible_keys = 0;
  double entropy = 0;  ///< nats, of the softmax of the row as the modifier finds it
};

/// Which of them a modifier asks for.
enum class RowFact { none, visible_keys, entropy };

}  // namespace attnlab
