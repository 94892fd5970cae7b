#include "engines/operands.h"

#include <omp.h>

#include <algorithm>
#include <cmath>

#include "engines/tile_product.h"

namespace attnlab {

DType product_dtype(const Problem& problem) {
  return problem.dtype == DType::bf16 && has_fast_bf16_products() ? DType::bf16 : DType::f32;
}

const char* product_path(const Problem& problem) {
  if (problem.dtype == DType::f32) return "f32 products, f32 accumulation";
  return product_dtype(problem) == DType::bf16 ? "bf16 products, f32 accumulation"
                                               : "bf16 storage, f32 products and accumulation";
}

std::int64_t prepared_width(const Variant& variant, const Problem& problem) {
  return variant.score.kind() == ScoreKind::pairwise ? variant.score.hidden() : problem.shape.head_dim;
}

namespace {

void store_row(std::span<const float> row, DType dtype, void* to, std::int64_t index) {
  const auto width = static_cast<std::int64_t>(row.size());
  if (dtype == DType::f32) {
    std::copy(row.begin(), row.end(), static_cast<float*>(to) + index * width);
  } else {
    auto* narrow = static_cast<bf16*>(to) + index * width;
    for (std::size_t c = 0; c < row.size(); ++c) narrow[c] = bf16(row[c]);
  }
}

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
  static const ScoreWeights none;
  const ScoreWeights& weights = inputs.weights ? *inputs.weights : none;
  const TensorView& tensor = operand == Operand::query ? inputs.q : inputs.k;
  const std::int64_t head_dim = tensor.shape[3];
  const std::span<float> vector = row.subspan(0, static_cast<std::size_t>(head_dim));
  const bool pairwise = variant.score.kind() == ScoreKind::pairwise;
  const PairwiseNet net = pairwise ? variant.score.net(head_dim, weights) : PairwiseNet{};
  const std::span<float> prepared =
      pairwise ? row.subspan(vector.size(), static_cast<std::size_t>(net.hidden)) : vector;
  for (std::int64_t t = 0; t < rows; ++t) {
    if (first + t >= tensor.shape[2]) {
      std::fill(prepared.begin(), prepared.end(), 0.0F);
      store_row(prepared, dtype, to, t);
      continue;
    }
    read_row(tensor, batch, head, first + t, vector);
    if (pairwise)
      project(net, operand == Operand::query ? net.query_projection : net.key_projection, vector, prepared);
    else if (operand == Operand::query)
      variant.score.transform_query(vector, weights);
    else
      variant.score.transform_key(vector, weights);
    store_row(prepared, dtype, to, t);
  }
}

bool copy_finite_values(const Inputs& inputs, std::int64_t batch, std::int64_t kv_head, std::int64_t first,
                        std::int64_t rows, DType dtype, std::span<float> row, void* to) {
  const std::span<float> value = row.subspan(0, static_cast<std::size_t>(inputs.v.shape[3]));
  std::fill(row.begin(), row.end(), 0.0F);
  bool nonfinite = false;
  for (std::int64_t t = 0; t < rows; ++t) {
    if (first + t >= inputs.v.shape[2]) {
      std::fill(value.begin(), value.end(), 0.0F);
    } else {
      read_row(inputs.v, batch, kv_head, first + t, value);
      for (float& element : value) {
        if (std::isfinite(element)) continue;
        element = 0;
        nonfinite = true;
      }
    }
    store_row(row, dtype, to, t);
  }
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

OpenMpThreads::OpenMpThreads(int threads) : before_(omp_get_max_threads()) { omp_set_num_threads(threads); }
OpenMpThreads::~OpenMpThreads() { omp_set_num_threads(before_); }

}  // namespace attnlab
