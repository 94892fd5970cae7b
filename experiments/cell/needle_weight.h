// How much of its weight a row puts on the needle of input needle(delta).
#pragma once

#include <cstdint>
#include <span>

#include "attnlab/core/tensor.h"
#include "attnlab/variants/variant.h"
#include "cell/cell.h"

namespace attnlab {

/// Adds `needle_weight` to the means and means by head of `dispersion` (results/SCHEMA.md): over the rows
/// that see the needle, null where none does. `needles` and what coordinate 0 of the output says:
/// Input::make.
void add_needle_weight(const Variant& variant, const Shape& shape, std::span<const std::int64_t> needles,
                       const TensorView& output, Json& dispersion);

}  // namespace attnlab
