// Rows of online normalisers whose weighted sum of values overflows before it is divided by the sum of the
// weights, although the quotient is finite. Their weights are multiplied by a power of two, and the quotient
// is divided by it. Both are exact.
#pragma once

#include <cstdint>
#include <span>

#include "attnlab/kernels/rows.h"

namespace attnlab {

/// The output of `state` from a row on.
StoredRows output_of(const OnlineRows& state, std::int64_t row);

/// Sets `factors` of rows that overflowed to a power of two for `keys` keys, and of others to 1; returns
/// whether one overflowed. `state`: before finish_online.
bool find_overflowed_rows(const RowCode& code, const OnlineRows& state, std::int64_t keys,
                          std::span<float> factors);

/// Multiplies the weights that absorb_online left, in rows of `tile`, by their factors.
void scale_weights(const LogitTile& tile, DType dtype, void* weights, std::span<const float> factors);

/// Divides finished rows by their factors. Their output is no larger than the largest value, which is finite.
void restore_rows(const OnlineRows& state, std::span<const float> factors);

}  // namespace attnlab
