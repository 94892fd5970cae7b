// The query that a pattern leaf gives the keys of.
#pragma once

#include <cstdint>

#include "attnlab/variants/key_set.h"

namespace attnlab {

struct PatternQuery {
  std::int64_t head;      ///< query head
  std::int64_t position;  ///< among the keys of its sequence; negative if there are more queries than keys
  KeyRange needed;        ///< the keys that matter: a leaf may leave out others to save time
};

}  // namespace attnlab
