// Values that are not finite. They are kept out of matrix products, where a weight of 0 would turn them into
// NaN, and added afterwards to the rows that see them.
#pragma once

#include <cstdint>
#include <span>

#include "attnlab/core/dtype.h"
#include "attnlab/variants/inputs.h"
#include "attnlab/variants/key_set.h"

namespace attnlab {

/// Rows of V of one kv head as `dtype` into `to` (rows x row.size(), at least head_dim_v); columns beyond
/// head_dim_v and rows beyond the sequence are zeros. Numbers that are not finite become 0, since a weight of
/// 0 would turn them into NaN. Returns true if there were any.
bool copy_finite_values(const Inputs& inputs, std::int64_t batch, std::int64_t kv_head, std::int64_t first,
                        std::int64_t rows, DType dtype, std::span<float> row, void* to);

/// Adds to `output` (head_dim_v floats of a query) the numbers that copy_finite_values left out, for the keys
/// `visible` that the query sees: a positive weight does not change an infinity or a NaN. `weights`: of all
/// keys, if visible keys may have weight 0; else null.
void add_nonfinite_values(const Inputs& inputs, std::int64_t batch, std::int64_t kv_head, KeyRange visible,
                          const float* weights, std::span<float> row, std::span<float> output);

}  // namespace attnlab
