// Rows of Q and K ready for matrix products: transformed by the score, converted, padded.
#pragma once

#include <cstdint>
#include <span>

#include "attnlab/core/dtype.h"
#include "attnlab/variants/inputs.h"
#include "attnlab/variants/variant.h"

namespace attnlab {

enum class Operand { query, key };

/// Rows first … first+rows of Q or K of one head, each prepared by the score (product scores) or projected
/// (pairwise scores), as `dtype` into `to` (rows x Score::width, contiguous); rows beyond the sequence are
/// zeros. `row` is scratch of Score::width + head_dim floats.
void prepare_rows(const Variant& variant, const Inputs& inputs, Operand operand, std::int64_t batch,
                  std::int64_t head, std::int64_t first, std::int64_t rows, DType dtype, std::span<float> row,
                  void* to);

}  // namespace attnlab
