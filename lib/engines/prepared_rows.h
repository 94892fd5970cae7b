// Rows of Q and K ready for matrix products: transformed by the score, converted, padded.
#pragma once

#include <cstdint>
#include <span>

#include "attnlab/core/dtype.h"
#include "attnlab/variants/inputs.h"
#include "attnlab/variants/variant.h"

namespace attnlab {

/// The two parts of the factor of a score: prepared queries are multiplied by `query`, their products with
/// keys by `product`. In float32, `query` is the whole factor. In bfloat16 a scaled query would be rounded
/// again, so `query` is a power of two and `product` the rest, at least 1 and below 2.
struct FactorOfScore {
  float query = 1;
  float product = 1;
};
FactorOfScore factor_of_score(const Score& score, std::int64_t head_dim, DType dtype);

enum class Operand { query, key };

/// Rows first … first+rows of Q or K of one head, each prepared by the score and multiplied by
/// FactorOfScore::query (product scores) or projected (pairwise scores), as `dtype` into `to` (rows x
/// Score::width, contiguous); rows beyond the sequence are zeros. A row that the score computes, such as W^T
/// q, is rounded to `dtype` once, as in textbook code of that dtype. `row` is scratch of Score::width +
/// head_dim floats.
void prepare_rows(const Variant& variant, const Inputs& inputs, Operand operand, std::int64_t batch,
                  std::int64_t head, std::int64_t first, std::int64_t rows, DType dtype, std::span<float> row,
                  void* to);

}  // namespace attnlab
