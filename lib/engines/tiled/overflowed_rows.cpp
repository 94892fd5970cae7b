#include "attnlab/engines/tiled/overflowed_rows.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <type_traits>

#include "attnlab/core/dtype.h"

namespace attnlab {

StoredRows output_of(const OnlineRows& state, std::int64_t row) {
  return {reinterpret_cast<const std::byte*>(state.output + row * state.output_stride),
          state.output_stride * 4, DType::f32, state.output_columns};
}

bool find_overflowed_rows(const RowCode& code, const OnlineRows& state, std::int64_t keys,
                          std::span<float> factors) {
  std::fill(factors.begin(), factors.end(), 1.0F);
  if (code.finite_stored(output_of(state, 0), std::ssize(factors))) return false;
  // No weight is above 1, so sums are at most half of the largest value.
  const float factor = std::ldexp(0.5F, -static_cast<int>(std::bit_width(static_cast<std::uint64_t>(keys))));
  bool some = false;
  for (std::int64_t row = 0; row < std::ssize(factors); ++row) {
    const float* sums = state.sum + row * row_code_columns;
    if (code.finite_stored(output_of(state, row), 1) ||
        !std::all_of(sums, sums + row_code_columns, [](float sum) { return std::isfinite(sum); }))
      continue;
    factors[static_cast<std::size_t>(row)] = factor;
    some = true;
  }
  return some;
}

void scale_weights(const LogitTile& tile, DType dtype, void* weights, std::span<const float> factors) {
  for (std::int64_t row = 0; row < tile.rows; ++row) {
    const float factor = factors[static_cast<std::size_t>(row)];
    if (factor == 1) continue;
    const auto scale = [&](auto* first) {
      using Weight = std::remove_pointer_t<decltype(first)>;
      first += row * tile.stride;
      std::transform(first, first + tile.columns, first,
                     [&](Weight weight) { return Weight(static_cast<float>(weight) * factor); });
    };
    if (dtype == DType::f32)
      scale(static_cast<float*>(weights));
    else
      scale(static_cast<bf16*>(weights));
  }
}

void restore_rows(const OnlineRows& state, std::span<const float> factors) {
  constexpr float largest = std::numeric_limits<float>::max();
  for (std::int64_t row = 0; row < std::ssize(factors); ++row) {
    const float factor = factors[static_cast<std::size_t>(row)];
    if (factor == 1) continue;
    float* output = state.output + row * state.output_stride;
    for (std::int64_t c = 0; c < state.output_columns; ++c)
      output[c] = std::clamp(output[c] / factor, -largest, largest);
  }
}

}  // namespace attnlab
