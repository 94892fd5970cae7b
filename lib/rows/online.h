// Row code of the online normalisers: a running maximum and sum, arXiv:1805.02867.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

#include "dispersion/row_sketch.h"
#include "dispersion/row_statistics.h"
#include "rows/lane.h"
#include "rows/rows.h"

namespace attnlab::ATTNLAB_LEVEL {

/// Maximum of every lane of a row.
ATTNLAB_INLINE Lane row_maxima(const float* row, std::int64_t columns) {
  Lane first = Lane(-std::numeric_limits<float>::infinity());
  Lane second = first;
  std::int64_t j = 0;
  for (; j + 2 * Lane::width <= columns; j += 2 * Lane::width) {
    first = max(first, Lane::load(row + j));
    second = max(second, Lane::load(row + j + Lane::width));
  }
  if (j < columns) first = max(first, Lane::load(row + j));
  return max(first, second);
}

/// What a row's running sums are relative to: a row without a finite maximum must not turn -inf into NaN.
ATTNLAB_INLINE float finite_reference(float maximum) {
  return maximum == -std::numeric_limits<float>::infinity() ? 0.0F : maximum;
}

/// Nothing is gathered beside the softmax state.
struct NoSketch {
  ATTNLAB_INLINE void move_reference(std::int64_t, float, float) {}
  ATTNLAB_INLINE void begin_row(std::int64_t) {}
  ATTNLAB_INLINE void add(Lane, Lane, std::int64_t) {}
  ATTNLAB_INLINE void end_row(std::int64_t) {}
};

/// Sums of math.md, "Dispersion of a row": float32 within a row of the tile, float64 across tiles.
struct TileSketch {
  RowSketch* sketches;
  const LogitTile& tile;
  Lane sums[6];
  float position = 0;
  float support = 0;

  ATTNLAB_INLINE void move_reference(std::int64_t row, float from, float to) {
    rebase(sketches[row], from, to);
  }
  ATTNLAB_INLINE void begin_row(std::int64_t row) {
    for (Lane& sum : sums) sum = Lane(0.0F);
    support = 0;
    position = static_cast<float>(tile.first_position + row);
  }
  ATTNLAB_INLINE void add(Lane weight, Lane logit, std::int64_t column) {
    const Lane key = Lane(static_cast<float>(tile.first_key + column)) + Lane::iota();
    const Lane distance = abs(Lane(position) - key);
    const Lane zero = Lane(0.0F);
    sums[0] = sums[0] + weight;
    sums[1] = sums[1] + select(weight > zero, weight * logit, weight);
    sums[2] = sums[2] + weight * weight;
    sums[3] = sums[3] + weight * distance;
    sums[4] = sums[4] + select(key < Lane(static_cast<float>(sink_keys)), weight, zero);
    const Mask in_window = key <= Lane(position) && key > Lane(position - static_cast<float>(window_keys));
    sums[5] = sums[5] + select(in_window, weight, zero);
    support += static_cast<float>(stdx::popcount(logit > Lane(-std::numeric_limits<float>::infinity())));
  }
  ATTNLAB_INLINE void end_row(std::int64_t row) {
    RowSketch& sketch = sketches[row];
    sketch.sum += static_cast<double>(horizontal_sum(sums[0]));
    sketch.sum_logit += static_cast<double>(horizontal_sum(sums[1]));
    sketch.sum_square += static_cast<double>(horizontal_sum(sums[2]));
    sketch.sum_distance += static_cast<double>(horizontal_sum(sums[3]));
    sketch.sum_sink += static_cast<double>(horizontal_sum(sums[4]));
    sketch.sum_window += static_cast<double>(horizontal_sum(sums[5]));
    sketch.support += static_cast<double>(support);
  }
};

struct StoreF32 {
  float* weights;
  ATTNLAB_INLINE void operator()(Lane weight, std::int64_t at) const { weight.store(weights + at); }
};

struct StoreBf16 {
  std::uint16_t* weights;
  ATTNLAB_INLINE void operator()(Lane weight, std::int64_t at) const {
#if defined(__AVX512BF16__)
    // Takes subnormal numbers for 0; no weight is one.
    _mm256_storeu_si256(reinterpret_cast<__m256i_u*>(weights + at),
                        std::bit_cast<__m256i>(_mm512_cvtneps_pbh(static_cast<__m512>(weight.value))));
#else
    store_bf16(weight, weights + at);
#endif
  }
};

/// Makes room for a new maximum: what was summed up relative to the old one is scaled down.
ATTNLAB_INLINE void rescale_row(const OnlineRows& state, std::int64_t row, float kept) {
  float* sums = state.sum + row * row_code_columns;
  (Lane::load(sums) * Lane(kept)).store(sums);
  float* output = state.output + row * state.output_stride;
  for (std::int64_t c = 0; c < state.output_columns; c += Lane::width)
    (Lane::load(output + c) * Lane(kept)).store(output + c);
}

template <class Store, class Sketch>
ATTNLAB_INLINE void absorb_online_rows(const LogitTile& tile, const OnlineRows& state, Store store,
                                       Sketch sketch) {
  for (std::int64_t row = 0; row < tile.rows; ++row) {
    const float* logits = tile.logits + row * tile.stride;
    const Lane maxima = row_maxima(logits, tile.columns);
    if (const float before = state.maximum[row]; stdx::any_of(maxima > Lane(before))) {
      const float maximum = horizontal_max(maxima);
      state.maximum[row] = maximum;
      sketch.move_reference(row, finite_reference(before), finite_reference(maximum));
      // Before the first finite logit the sums are 0, or NaN for good.
      if (before != -std::numeric_limits<float>::infinity())
        rescale_row(state, row, __builtin_expf(before - maximum));
    }
    const Lane reference = Lane(finite_reference(state.maximum[row]));
    float* sums = state.sum + row * row_code_columns;
    Lane first = Lane::load(sums);
    Lane second = Lane(0.0F);
    sketch.begin_row(row);
    const auto absorb = [&](std::int64_t j) {
      const Lane logit = Lane::load(logits + j) - reference;
      const Lane weight = exp_of_negative(logit);
      sketch.add(weight, logit, j);
      store(weight, row * tile.stride + j);
      return weight;
    };
    std::int64_t j = 0;
    for (; j + 2 * Lane::width <= tile.columns; j += 2 * Lane::width) {
      first = first + absorb(j);
      second = second + absorb(j + Lane::width);
    }
    if (j < tile.columns) first = first + absorb(j);
    sketch.end_row(row);
    (first + second).store(sums);
  }
}

static void absorb_online(const LogitTile& tile, const OnlineRows& state, DType dtype, void* weights) {
  if (dtype == DType::f32)
    absorb_online_rows(tile, state, StoreF32{static_cast<float*>(weights)}, NoSketch{});
  else
    absorb_online_rows(tile, state, StoreBf16{static_cast<std::uint16_t*>(weights)}, NoSketch{});
}

static void absorb_online_with_statistics(const LogitTile& tile, const OnlineRows& state, DType dtype,
                                          void* weights, RowSketch* sketches) {
  if (dtype == DType::f32)
    absorb_online_rows(tile, state, StoreF32{static_cast<float*>(weights)}, TileSketch{sketches, tile, {}});
  else
    absorb_online_rows(tile, state, StoreBf16{static_cast<std::uint16_t*>(weights)},
                       TileSketch{sketches, tile, {}});
}

static void finish_online(const OnlineRows& state, std::int64_t rows) {
  for (std::int64_t row = 0; row < rows; ++row) {
    const float sum = horizontal_sum(Lane::load(state.sum + row * row_code_columns));
    const Lane scale = Lane(sum == 0 ? 0.0F : 1 / sum);
    float* output = state.output + row * state.output_stride;
    for (std::int64_t c = 0; c < state.output_columns; c += Lane::width) {
      const Lane value = Lane::load(output + c);
      (sum == 0 ? Lane(0.0F) : value * scale).store(output + c);
    }
  }
}

}  // namespace attnlab::ATTNLAB_LEVEL
