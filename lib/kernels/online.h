// Row code of the online normalisers: a running maximum and sum, arXiv:1805.02867.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

#include "attnlab/dispersion/row_sketch.h"
#include "attnlab/kernels/lane.h"
#include "attnlab/kernels/rows.h"
#include "attnlab/kernels/sketch.h"
#include "attnlab/kernels/storage.h"

namespace attnlab::ATTNLAB_LEVEL {

/// The maximum of each lane over a row.
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

/// The reference of the running sums of a row: the maximum, or 0 if that is -inf, since -inf - (-inf) is NaN.
ATTNLAB_INLINE float finite_reference(float maximum) {
  return maximum == -std::numeric_limits<float>::infinity() ? 0.0F : maximum;
}

/// Gathers nothing besides the softmax state.
struct NoSketch {
  static constexpr bool asks_whether_finite = false;
  ATTNLAB_INLINE void move_reference(std::int64_t, float, float) {}
  ATTNLAB_INLINE void begin_row(std::int64_t) {}
  template <bool, int count>
  ATTNLAB_INLINE void add(const Lanes<count>&, const Lanes<count>&, const Lanes<count>&, std::int64_t) {}
  ATTNLAB_INLINE void end_row(std::int64_t) {}
};

struct EntropySketch {
  static constexpr bool asks_whether_finite = false;
  WeightSums* rows;
  LaneSums sums{};

  ATTNLAB_INLINE void move_reference(std::int64_t row, float from, float to) {
    rebase(rows[row], static_cast<double>(from), static_cast<double>(to));
  }
  ATTNLAB_INLINE void begin_row(std::int64_t) { sums.clear(); }
  template <bool, int count>
  ATTNLAB_INLINE void add(const Lanes<count>& weights, const Lanes<count>& logits, const Lanes<count>&,
                          std::int64_t) {
#pragma GCC unroll 4
    for (int l = 0; l < count; ++l)
      sums.add(weights[l], select(weights[l] > Lane(0.0F), logits[l], Lane(0.0F)));
  }
  ATTNLAB_INLINE void end_row(std::int64_t row) { sums.add_to(rows[row]); }
};

/// A TileSketch that also gathers the range of the logits.
struct OnlineSketch {
  static constexpr bool asks_whether_finite = true;
  TileSketch sums;
  Lane lowest{};

  ATTNLAB_INLINE void move_reference(std::int64_t row, float from, float to) {
    sums.move_reference(row, from, to);
  }
  ATTNLAB_INLINE void begin_row(std::int64_t row) {
    sums.begin_row(row);
    lowest = Lane(std::numeric_limits<float>::infinity());
  }
  template <bool finite, int count>
  ATTNLAB_INLINE void add(const Lanes<count>& weights, const Lanes<count>& logits,
                          const Lanes<count>& absolutes, std::int64_t column) {
    sums.add<finite>(weights, logits, absolutes, column);
#pragma GCC unroll 4
    for (int l = 0; l < count; ++l)
      lowest = finite ? min(lowest, absolutes[l]) : min_above_minus_infinity(lowest, absolutes[l]);
  }
  ATTNLAB_INLINE void end_row(std::int64_t row) {
    sums.end_row(row);
    RowSketch& sketch = *sums.sketch;
    const auto least = static_cast<double>(horizontal_min(lowest));
    sketch.logits.highest = sketch.reference;
    sketch.logits.sum = sketch.weights.sum;
    if (least < sketch.logits.lowest) sketch.logits.lowest = least;
  }
};

/// Discards the weights.
struct NoStore {
  ATTNLAB_INLINE void operator()(Lane, std::int64_t) const {}
};

struct StoreF32 {
  float* weights;
  ATTNLAB_INLINE void operator()(Lane weight, std::int64_t at) const { weight.store(weights + at); }
};

struct StoreBf16 {
  std::uint16_t* weights;
  ATTNLAB_INLINE void operator()(Lane weight, std::int64_t at) const {
#if defined(__AVX512BF16__)
    // Treats subnormal numbers as 0; no weight is subnormal.
    _mm256_storeu_si256(reinterpret_cast<__m256i_u*>(weights + at),
                        std::bit_cast<__m256i>(_mm512_cvtneps_pbh(static_cast<__m512>(weight.value))));
#else
    store_bf16(weight, weights + at);
#endif
  }
};

/// Changes the maximum and scales the sums, which were relative to the old one.
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
    const std::int64_t stored = row * tile.stride;
    const float* logits = tile.logits + stored;
    const Lane maxima = row_maxima(logits, tile.columns);
    if (const float before = state.maximum[row]; stdx::any_of(maxima > Lane(before))) {
      const float maximum = horizontal_max(maxima);
      state.maximum[row] = maximum;
      sketch.move_reference(row, finite_reference(before), finite_reference(maximum));
      // Before the first finite logit the sums are 0, or NaN, which stays.
      if (before != -std::numeric_limits<float>::infinity())
        rescale_row(state, row, __builtin_expf(before - maximum));
    }
    const Lane reference = Lane(finite_reference(state.maximum[row]));
    float* sums = state.sum + row * row_code_columns;
    Lane first = Lane::load(sums);
    Lane second = Lane(0.0F);
    sketch.begin_row(row);
    const auto absorb = [&]<bool finite, int lanes>(std::int64_t j) __attribute__((always_inline)) {
      Lanes<lanes> absolute, logit, weight;
#pragma GCC unroll 2
      for (int l = 0; l < lanes; ++l) {
        absolute[l] = Lane::load(logits + j + l * Lane::width);
        logit[l] = absolute[l] - reference;
        weight[l] = exp_of_negative(logit[l]);
        store(weight[l], stored + j + l * Lane::width);
        Lane& sum = l == 0 ? first : second;
        sum = sum + weight[l];
      }
      sketch.template add<finite>(weight, logit, absolute, j);
    };
    const auto absorb_all = [&]<bool finite>() __attribute__((always_inline)) {
      const std::int64_t columns = tile.columns;
      std::int64_t j = 0;
      for (; j + 2 * Lane::width <= columns; j += 2 * Lane::width) absorb.template operator()<finite, 2>(j);
      if (j < columns) absorb.template operator()<finite, 1>(j);
    };
    // If all keys are visible, statistics need no test of visibility per logit. Less a reference that is not
    // lost beside the largest number, a finite logit may be -inf.
    if (Sketch::asks_whether_finite && finite_reference(state.maximum[row]) <= 1e30F &&
        are_finite(StorageF32{}, logits, tile.columns))
      absorb_all.template operator()<Sketch::asks_whether_finite>();
    else
      absorb_all.template operator()<false>();
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
                                          void* weights, const SketchRows& sketches) {
  const OnlineSketch sketch{TileSketch{sketches, tile}};
  if (dtype == DType::f32)
    absorb_online_rows(tile, state, StoreF32{static_cast<float*>(weights)}, sketch);
  else
    absorb_online_rows(tile, state, StoreBf16{static_cast<std::uint16_t*>(weights)}, sketch);
}

static void measure_entropy(const LogitTile& tile, const OnlineRows& state, WeightSums* sums) {
  absorb_online_rows(tile, state, NoStore{}, EntropySketch{sums});
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

static void measure_logits(const LogitTile& tile, RowSketch* sketches) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  for (std::int64_t row = 0; row < tile.rows; ++row) {
    const float* logits = tile.logits + row * tile.stride;
    LogitRange& range = sketches[row].logits;
    const double highest = static_cast<double>(horizontal_max(row_maxima(logits, tile.columns)));
    if (highest > range.highest) {
      if (range.sum != 0) range.sum *= __builtin_exp(range.highest - highest);
      range.highest = highest;
    }
    const Lane reference = Lane(finite_reference(static_cast<float>(range.highest)));
    Lane sum = Lane(0.0F);
    Lane lowest = Lane(infinity);
    for (std::int64_t j = 0; j < tile.columns; j += Lane::width) {
      const Lane logit = Lane::load(logits + j);
      sum = sum + exp_of_negative(logit - reference);
      lowest = min_above_minus_infinity(lowest, logit);
    }
    range.sum += static_cast<double>(horizontal_sum(sum));
    const auto least = static_cast<double>(horizontal_min(lowest));
    if (least < range.lowest) range.lowest = least;
  }
}

}  // namespace attnlab::ATTNLAB_LEVEL
