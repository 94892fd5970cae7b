#include "attnlab/engines/nonfinite_values.h"

#include <algorithm>
#include <cmath>

#include "attnlab/core/isa.h"
#include "attnlab/kernels/rows.h"

namespace attnlab {

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

void add_nonfinite_values(const Inputs& inputs, std::int64_t batch, std::int64_t kv_head, KeyRange visible,
                          const float* weights, std::span<float> row, std::span<float> output) {
  const std::span<float> value = row.subspan(0, output.size());
  for (std::int64_t j = visible.begin; j < visible.end; ++j) {
    if (weights && weights[j] == 0) continue;
    read_row(inputs.v, batch, kv_head, j, value);
    for (std::size_t c = 0; c < output.size(); ++c)
      if (!std::isfinite(value[c])) output[c] += value[c];
  }
}

}  // namespace attnlab
