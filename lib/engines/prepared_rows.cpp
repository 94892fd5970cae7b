#include "attnlab/engines/prepared_rows.h"

#include <algorithm>

#include "attnlab/core/isa.h"
#include "attnlab/kernels/rows.h"

namespace attnlab {

std::int64_t prepared_width(const Variant& variant, const Problem& problem) {
  return variant.score.kind() == ScoreKind::pairwise ? variant.score.hidden() : problem.shape.head_dim;
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
  const bool pairwise = variant.score.kind() == ScoreKind::pairwise;
  const PairwiseNet net = pairwise ? variant.score.net(head_dim, weights) : PairwiseNet{};
  const std::int64_t width = pairwise ? net.hidden : head_dim;
  const std::int64_t present = std::clamp(tensor.shape[2] - first, std::int64_t{0}, rows);
  const bool as_they_are = operand == Operand::key && !pairwise && dtype == DType::f32 &&
                           tensor.stride[2] == width && !variant.score.transforms_keys();
  if (as_they_are)
    code.widen(tensor.row(batch, head, first), tensor.dtype, static_cast<float*>(to), present * width);
  for (std::int64_t t = 0; t < present && !as_they_are; ++t) {
    std::byte* target = static_cast<std::byte*>(to) + t * width * size_bytes(dtype);
    // Straight to its place where nothing narrows or projects it afterwards.
    float* wide = dtype == DType::f32 && !pairwise ? reinterpret_cast<float*>(target) : row.data();
    const std::span<float> vector(wide, static_cast<std::size_t>(head_dim));
    code.widen(tensor.row(batch, head, first + t), tensor.dtype, wide, head_dim);
    if (pairwise) {
      const std::span<float> hidden = row.subspan(vector.size(), static_cast<std::size_t>(width));
      project(net, operand == Operand::query ? net.query_projection : net.key_projection, vector, hidden);
      code.narrow(hidden.data(), dtype, target, width);
      continue;
    }
    if (operand == Operand::query)
      variant.score.transform_query(vector, weights);
    else
      variant.score.transform_key(vector, weights);
    if (dtype != DType::f32) code.narrow(wide, dtype, target, width);
  }
  std::fill(static_cast<std::byte*>(to) + present * width * size_bytes(dtype),
            static_cast<std::byte*>(to) + rows * width * size_bytes(dtype), std::byte{0});
}

}  // namespace attnlab
