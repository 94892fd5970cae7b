// Values that are not finite: kept out of matrix products, where a masked weight of 0 would turn them into
// NaN, and added afterwards to the rows that see them.
#pragma once

#include <cstdint>
#include <span>

#include "attnlab/core/dtype.h"
#include "attnlab/variants/inputs.h"
#include "attnlab/variants/key_set.h"

namespace attnlab {

/// Rows of V of one kv head as `dtype` into `to` (rows x row.size(), at least head_dim_v); columns beyond
/// head_dim_v and rows beyond the sequence are zeros, and so is what is not finite, since a masked weight of
/// 0 would turn it into NaN. Returns true if there was any.
bool copy_finite_values(const Inputs& inputs, std::int64_t batch, std::int64_t kv_head, std::int64_t first,
                        std::int64_t rows, DType dtype, std::span<float> row, void* to);

/// Adds to `output` (head_dim_v floats of a query) what copy_finite_values left out of the keys that the
/// query sees: an infinity or a NaN outweighs any positive weight. `weights`: of all keys, where some visible
/// ones may be 0; null if none is.
void add_nonfinite_values(const Inputs& inputs, std::int64_t batch, std::int64_t kv_head,
                          const KeySet& visible, const float* weights, std::span<float> row,
                          std::span<float> output);

}  // namespace attnlab
