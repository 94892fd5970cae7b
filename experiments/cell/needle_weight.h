// The weight that rows put on the needle of input needle(delta).
#pragma once

#include <cstdint>
#include <span>

#include "attnlab/core/tensor.h"
#include "attnlab/variants/variant.h"
#include "cell/cell.h"

namespace attnlab {

/// Adds `needle_weight` to the means, over all rows and by head, in `dispersion` (results/SCHEMA.md): the
/// mean over the rows that see the needle, or null if no row does. `needles`: see InputSource::make, which
/// also says what coordinate 0 of the output holds.
void add_needle_weight(const Variant& variant, const Shape& shape, std::span<const std::int64_t> needles,
                       const TensorView& output, Json& dispersion);

}  // namespace attnlab
