#include "attnlab/engines/prepared_rows.h"

#include <algorithm>
#include <cmath>

#include "attnlab/core/isa.h"
#include "attnlab/kernels/rows.h"

namespace attnlab {

FactorOfScore factor_of_score(const Score& score, std::int64_t head_dim, DType dtype) {
  const auto factor = score.factor<float>(head_dim);
  if (dtype == DType::f32) return {factor, 1};
  int exponent = 0;
  const float half = std::frexp(factor, &exponent);  // 0.5 … 1
  return {std::ldexp(0.5F, exponent), 2 * half};
}

namespace {

void project(const PairwiseNet& net, const float* projection, std::span<const float> vector,
             std::span<float> hidden) {
  for (std::size_t unit = 0; unit < hidden.size(); ++unit) {
    const float* weights = projection + static_cast<std::int64_t>(unit) * net.projection_stride;
    float sum = 0;
    for (std::size_t c = 0; c < vector.size(); ++c) sum += weights[c] * vector[c];
    hidden[unit] = sum;
  }
}

}  // namespace

void prepare_rows(const Variant& variant, const Inputs& inputs, Operand operand, std::int64_t batch,
                  std::int64_t head, std::int64_t first, std::int64_t rows, DType dtype, std::span<float> row,
                  void* to) {
  const RowCode& code = row_code(isa_level());
  const ScoreWeights& weights = weights_of(inputs);
  const TensorView& tensor = operand == Operand::query ? inputs.q : inputs.k;
  const std::int64_t head_dim = tensor.shape[3];
  const Score& score = variant.score;
  const PairwiseNet net = score.net(head_dim, weights);
  const std::int64_t width = score.width(head_dim);
  const std::int64_t present = std::clamp(tensor.shape[2] - first, std::int64_t{0}, rows);
  const float factor = operand == Operand::query ? factor_of_score(score, head_dim, dtype).query : 1.0F;
  const bool as_they_are =
      net.hidden == 0 && !(operand == Operand::query ? score.transforms_queries() : score.transforms_keys());
  if (as_they_are && factor == 1 && dtype == DType::f32 && tensor.stride[2] == width) {
    code.widen(tensor.row(batch, head, first), tensor.dtype, static_cast<float*>(to), present * width);
  } else {
    const std::span<float> stored = row.subspan(0, static_cast<std::size_t>(head_dim));
    for (std::int64_t t = 0; t < present; ++t) {
      std::byte* target = static_cast<std::byte*>(to) + t * width * size_bytes(dtype);
      // Written directly to its place if it is not narrowed afterwards.
      const std::span<float> prepared(
          dtype == DType::f32 ? reinterpret_cast<float*>(target) : row.data() + (as_they_are ? 0 : head_dim),
          static_cast<std::size_t>(width));
      code.widen(tensor.row(batch, head, first + t), tensor.dtype,
                 as_they_are ? prepared.data() : stored.data(), head_dim);
      if (net.hidden > 0)
        project(net, operand == Operand::query ? net.query_projection : net.key_projection, stored, prepared);
      else if (!as_they_are && operand == Operand::query)
        score.prepare_query(std::span<const float>(stored), prepared, weights);
      else if (!as_they_are)
        score.prepare_key(std::span<const float>(stored), prepared, weights);
      if (factor != 1)
        for (float& value : prepared) value *= factor;
      if (dtype != DType::f32) code.narrow(prepared.data(), dtype, target, width);
    }
  }
  std::fill(static_cast<std::byte*>(to) + present * width * size_bytes(dtype),
            static_cast<std::byte*>(to) + rows * width * size_bytes(dtype), std::byte{0});
}

}  // namespace attnlab
