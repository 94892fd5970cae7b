// A block of queries, which one task of a plan computes.
#pragma once

#include <cstdint>

#include "attnlab/core/problem.h"

namespace attnlab {

/// Consecutive queries of one head.
struct QueryBlock {
  std::int64_t batch = 0;
  std::int64_t head = 0;
  std::int64_t first = 0;
  std::int64_t rows = 0;

  /// Index of the kv head, counted through all batches.
  std::int64_t kv_head(const Shape& shape) const { return batch * shape.kv_heads + shape.kv_head(head); }
};

}  // namespace attnlab
