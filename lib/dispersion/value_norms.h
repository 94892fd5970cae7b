// Euclidean norms |v_j| of the values of one head.
#pragma once

#include <cstdint>
#include <vector>

#include "attnlab/core/tensor.h"

namespace attnlab {

/// Norms of rows 0 … n-1 of head (batch, kv_head); NaN or infinite if a value is.
std::vector<double> value_norms(const TensorView& v, std::int64_t batch, std::int64_t kv_head);

}  // namespace attnlab
