// Four-dimensional tensors (batch, heads, n, d): a read-only view, a writable view and an owner.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include "attnlab/core/block.h"
#include "attnlab/core/dtype.h"

namespace attnlab {

using Dims = std::array<std::int64_t, 4>;

/// Strides are in elements; the stride of the last dimension is 1. The other strides of an input are
/// arbitrary: 0 repeats a row, a batch or a head, and negative strides reverse the order. `data` points to
/// the first element and must be aligned to the element size.
template <class Byte>
struct BasicTensorView {
  Byte* data = nullptr;
  DType dtype = DType::f32;
  Dims shape{};
  Dims stride{};

  /// First element of row (b, h, i), d contiguous elements.
  Byte* row(std::int64_t b, std::int64_t h, std::int64_t i) const {
    return data + (b * stride[0] + h * stride[1] + i * stride[2]) * size_bytes(dtype);
  }
  std::int64_t count() const { return shape[0] * shape[1] * shape[2] * shape[3]; }

  operator BasicTensorView<const std::byte>() const requires(!std::is_const_v<Byte>) {
    return {data, dtype, shape, stride};
  }
};

using TensorView = BasicTensorView<const std::byte>;
using MutableTensorView = BasicTensorView<std::byte>;

/// Strides of a row-major tensor without gaps.
constexpr Dims contiguous_strides(const Dims& shape) {
  return {shape[1] * shape[2] * shape[3], shape[2] * shape[3], shape[3], 1};
}

/// A view of elements of type float, bf16 or f16, contiguous unless strides (in elements) are given.
template <class Element>
TensorView view_of(const Element* data, const Dims& shape, const Dims& stride) {
  return {reinterpret_cast<const std::byte*>(data), dtype_of<Element>, shape, stride};
}
template <class Element>
TensorView view_of(const Element* data, const Dims& shape) {
  return view_of(data, shape, contiguous_strides(shape));
}
template <class Element>
requires(!std::is_const_v<Element>) MutableTensorView
    view_of(Element* data, const Dims& shape, const Dims& stride) {
  return {reinterpret_cast<std::byte*>(data), dtype_of<Element>, shape, stride};
}
template <class Element>
requires(!std::is_const_v<Element>) MutableTensorView view_of(Element* data, const Dims& shape) {
  return view_of(data, shape, contiguous_strides(shape));
}

/// Row (b, h, i) as float32 (exact for every storage type); `out` has shape[3] elements.
void read_row(const TensorView& tensor, std::int64_t b, std::int64_t h, std::int64_t i, std::span<float> out);

/// Every element as float32, in row-major order for any strides.
std::vector<float> read_all(const TensorView& tensor);

/// Rounds `values` (shape[3] of them) to the storage type and stores them as row (b, h, i).
void write_row(const MutableTensorView& tensor, std::int64_t b, std::int64_t h, std::int64_t i,
               std::span<const float> values);

/// Owns a contiguous row-major tensor, 64-byte aligned, zero-initialised.
class Tensor {
 public:
  Tensor() = default;
  Tensor(DType dtype, const Dims& shape);

  MutableTensorView view();
  TensorView view() const;
  std::int64_t bytes() const { return count_ * size_bytes(dtype_); }

 private:
  DType dtype_ = DType::f32;
  Dims shape_{};
  std::int64_t count_ = 0;
  Block data_;
};

}  // namespace attnlab
