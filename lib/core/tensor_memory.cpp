#include "attnlab/core/tensor_memory.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace attnlab {

namespace {

/// A tensor in bytes: strides are positive and decreasing; dimensions of size 1 are left out.
struct Extent {
  struct Dimension {
    std::int64_t size, stride_bytes;
  };
  std::array<Dimension, 3> dimensions{};
  std::size_t count = 0;
  std::int64_t first = 0;              ///< address of the lowest byte
  std::array<std::int64_t, 4> span{};  ///< bytes from there to the end of this and all later dimensions
  bool repeats = false;                ///< whether some stride is 0

  explicit Extent(const TensorView& tensor)
      : first(static_cast<std::int64_t>(reinterpret_cast<std::intptr_t>(tensor.data))) {
    for (std::size_t d = 0; d < 3; ++d) {
      const std::int64_t stride = tensor.stride[d] * size_bytes(tensor.dtype);
      if (tensor.shape[d] == 1) continue;
      if (stride < 0) first += stride * (tensor.shape[d] - 1);
      repeats = repeats || stride == 0;
      if (stride != 0) dimensions[count++] = {tensor.shape[d], std::abs(stride)};
    }
    std::sort(dimensions.begin(), dimensions.begin() + static_cast<std::ptrdiff_t>(count),
              [](const Dimension& a, const Dimension& b) { return a.stride_bytes > b.stride_bytes; });
    span[count] = tensor.shape[3] * size_bytes(tensor.dtype);
    for (std::size_t d = count; d-- > 0;)
      span[d] = (dimensions[d].size - 1) * dimensions[d].stride_bytes + span[d + 1];
  }
};

/// The part of an extent in dimensions from `depth` on; its first byte is `from`.
struct Part {
  const Extent& extent;
  std::size_t depth;
  std::int64_t from;

  std::int64_t span() const { return extent.span[depth]; }
  bool is_row() const { return depth == extent.count; }
};

/// Cuts the longer part along its longest stride and compares only the pieces that reach the other part.
bool meet(const Part& a, const Part& b) {
  if (a.from + a.span() <= b.from || b.from + b.span() <= a.from) return false;
  if (a.is_row() && b.is_row()) return true;
  if (a.is_row() || (!b.is_row() && a.span() < b.span())) return meet(b, a);
  const auto [size, stride] = a.extent.dimensions[a.depth];
  const std::int64_t piece = a.extent.span[a.depth + 1];
  const std::int64_t before = b.from - a.from - piece;
  const std::int64_t last = std::min(size - 1, (b.from + b.span() - 1 - a.from) / stride);
  for (std::int64_t i = before < 0 ? 0 : before / stride + 1; i <= last; ++i)
    if (meet({a.extent, a.depth + 1, a.from + i * stride}, b)) return true;
  return false;
}

}  // namespace

bool rows_are_apart(const TensorView& tensor) {
  const Extent extent(tensor);
  for (std::size_t d = 0; d < extent.count; ++d)
    if (extent.dimensions[d].stride_bytes < extent.span[d + 1]) return false;
  return !extent.repeats;
}

bool share_memory(const TensorView& a, const TensorView& b) {
  const Extent of_a(a);
  const Extent of_b(b);
  return meet({of_a, 0, of_a.first}, {of_b, 0, of_b.first});
}

}  // namespace attnlab
