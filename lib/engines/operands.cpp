#include "attnlab/engines/operands.h"

#include <fmt/format.h>
#include <omp.h>

#include <algorithm>
#include <cmath>

#include "attnlab/core/isa.h"
#include "attnlab/engines/tile_product.h"
#include "attnlab/kernels/rows.h"

namespace attnlab {

DType product_dtype(const Problem& problem) {
  return problem.dtype == DType::bf16 && has_fast_bf16_products() ? DType::bf16 : DType::f32;
}

std::string product_path(DType storage, DType products) {
  if (storage == products) return fmt::format("{} products, f32 accumulation", to_string(products));
  return fmt::format("{} storage, {} products{}", to_string(storage), to_string(products),
                     products == DType::f32 ? " and accumulation" : ", f32 accumulation");
}

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

bool copy_finite_values(const Inputs& inputs, std::int64_t batch, std::int64_t kv_head, std::int64_t first,
                        std::int64_t rows, DType dtype, std::span<float> row, void* to) {
  const RowCode& code = row_code(isa_level());
  const std::int64_t head_dim = inputs.v.shape[3];
  const auto width = static_cast<std::int64_t>(row.size());
  const std::int64_t present = std::clamp(inputs.v.shape[2] - first, std::int64_t{0}, rows);
  std::fill(row.begin(), row.end(), 0.0F);
  if (dtype == DType::f32 && inputs.v.stride[2] == width && head_dim == width) {
    auto* wide = static_cast<float*>(to);
    std::fill(wide + present * width, wide + rows * width, 0.0F);
    return code.widen_finite(inputs.v.row(batch, kv_head, first), inputs.v.dtype, wide, present * width);
  }
  bool nonfinite = false;
  for (std::int64_t t = 0; t < present; ++t) {
    std::byte* target = static_cast<std::byte*>(to) + t * width * size_bytes(dtype);
    float* wide = dtype == DType::f32 ? reinterpret_cast<float*>(target) : row.data();
    nonfinite |= code.widen_finite(inputs.v.row(batch, kv_head, first + t), inputs.v.dtype, wide, head_dim);
    if (dtype == DType::f32)
      std::fill(wide + head_dim, wide + width, 0.0F);
    else
      code.narrow(wide, dtype, target, width);
  }
  std::fill(static_cast<std::byte*>(to) + present * width * size_bytes(dtype),
            static_cast<std::byte*>(to) + rows * width * size_bytes(dtype), std::byte{0});
  return nonfinite;
}

void add_nonfinite_values(const Variant& variant, const Problem& problem, const Inputs& inputs,
                          std::int64_t batch, std::int64_t kv_head, std::int64_t first, std::int64_t rows,
                          std::int64_t i, const float* weights, std::span<float> row,
                          std::span<float> output) {
  const std::span<float> value = row.subspan(0, output.size());
  for (const KeyRange& range :
       variant.pattern.keys(problem.shape, i) & KeySet(KeyRange{first, first + rows})) {
    for (std::int64_t j = range.begin; j < range.end; ++j) {
      if (weights && weights[j] == 0) continue;
      read_row(inputs.v, batch, kv_head, j, value);
      for (std::size_t c = 0; c < output.size(); ++c)
        if (!std::isfinite(value[c])) output[c] += value[c];
    }
  }
}

StoredRows stored_rows(const TensorView& tensor, std::int64_t batch, std::int64_t kv_head) {
  return {reinterpret_cast<const std::byte*>(tensor.row(batch, kv_head, 0)),
          tensor.stride[2] * size_bytes(tensor.dtype), tensor.dtype, tensor.shape[3]};
}

float log_of_keys(std::int64_t visible) { return visible > 0 ? std::log(static_cast<float>(visible)) : 0.0F; }

RowScratch take_row_scratch(Workspace& workspace, std::int64_t count) {
  return {workspace.allocate<double>(count), workspace.allocate<std::int32_t>(count),
          workspace.allocate<std::int32_t>(count)};
}

std::int64_t row_scratch_bytes(std::int64_t count) {
  return Workspace::rounded(count * 8) + 2 * Workspace::rounded(count * 4);
}

OpenMpThreads::OpenMpThreads(int threads) : before_(omp_get_max_threads()) { omp_set_num_threads(threads); }
OpenMpThreads::~OpenMpThreads() { omp_set_num_threads(before_); }

}  // namespace attnlab
