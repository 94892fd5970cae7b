// Rows of Q and K ready for matrix products: transformed by the score, converted, padded.
#pragma once

#include <cstdint>
#include <span>

#include "attnlab/core/dtype.h"
#include "attnlab/core/problem.h"
#include "attnlab/variants/inputs.h"
#include "attnlab/variants/variant.h"

namespace attnlab {

/// Width of a prepared query or key: head_dim, or the hidden units of a pairwise score.
std::int64_t prepared_width(const Variant& variant, const Problem& problem);

enum class Operand { query, key };

/// Rows first … first+rows of Q or K of one head, each transformed (product scores) or projected (pairwise
/// scores), as `dtype` into `to` (rows x prepared_width, contiguous); rows beyond the sequence are zeros.
/// `row` is scratch of prepared_width + head_dim floats.
void prepare_rows(const Variant& variant, const Inputs& inputs, Operand operand, std::int64_t batch,
                  std::int64_t head, std::int64_t first, std::int64_t rows, DType dtype, std::span<float> row,
                  void* to);

}  // namespace attnlab
