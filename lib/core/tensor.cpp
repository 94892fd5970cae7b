#include "attnlab/core/tensor.h"

#include <algorithm>
#include <cstring>

namespace attnlab {

void read_row(const TensorView& tensor, std::int64_t b, std::int64_t h, std::int64_t i,
              std::span<float> out) {
  const std::byte* row = tensor.row(b, h, i);
  if (tensor.dtype == DType::f32) {
    std::memcpy(out.data(), row, out.size_bytes());
    return;
  }
  const auto widen = [&](const auto* source) {
    for (std::size_t c = 0; c < out.size(); ++c) out[c] = static_cast<float>(source[c]);
  };
  if (tensor.dtype == DType::bf16)
    widen(reinterpret_cast<const bf16*>(row));
  else
    widen(reinterpret_cast<const f16*>(row));
}

std::vector<float> read_all(const TensorView& tensor) {
  std::vector<float> values(static_cast<std::size_t>(tensor.count()));
  const auto width = static_cast<std::size_t>(tensor.shape[3]);
  std::size_t at = 0;
  for (std::int64_t b = 0; b < tensor.shape[0]; ++b)
    for (std::int64_t h = 0; h < tensor.shape[1]; ++h)
      for (std::int64_t i = 0; i < tensor.shape[2]; ++i, at += width)
        read_row(tensor, b, h, i, std::span(values).subspan(at, width));
  return values;
}

void write_row(const MutableTensorView& tensor, std::int64_t b, std::int64_t h, std::int64_t i,
               std::span<const float> values) {
  std::byte* row = tensor.row(b, h, i);
  if (tensor.dtype == DType::f32) {
    std::memcpy(row, values.data(), values.size_bytes());
    return;
  }
  const auto narrow = [&]<class Narrow>(Narrow* target) {
    for (std::size_t c = 0; c < values.size(); ++c) target[c] = Narrow(values[c]);
  };
  if (tensor.dtype == DType::bf16)
    narrow(reinterpret_cast<bf16*>(row));
  else
    narrow(reinterpret_cast<f16*>(row));
}

Tensor::Tensor(DType dtype, const Dims& shape)
    : dtype_(dtype), shape_(shape), count_(shape[0] * shape[1] * shape[2] * shape[3]) {
  data_ = allocate_block(bytes());
  std::fill_n(data_.get(), bytes(), std::byte{0});
}

MutableTensorView Tensor::view() { return {data_.get(), dtype_, shape_, contiguous_strides(shape_)}; }
TensorView Tensor::view() const { return {data_.get(), dtype_, shape_, contiguous_strides(shape_)}; }

}  // namespace attnlab
