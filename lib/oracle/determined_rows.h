// Rows of which the mathematics, and not rounding, decides the weights.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "attnlab/variants/inputs.h"

namespace attnlab {

/// (batch, heads, rows): false where a normaliser that jumps keeps other keys as soon as logits move by what
/// they may be off: 2 x the worst error of the textbook's logits + 4 eps of float32, as the budget of outputs
/// has it. Such a row has more than one right answer. True throughout for every other normaliser.
std::vector<bool> determined_rows(const Variant& variant, const Problem& problem, const Inputs& inputs,
                                  std::span<const std::int64_t> rows);

}  // namespace attnlab
