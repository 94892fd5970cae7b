// Logits with a bounded error, by products of 8-bit numbers, which have four times as many multiply-adds per
// instruction as float32.
//
// With p and t whole numbers in [-127, 127], c the mean key of the tile, a a scale of the query and b one of
// the tile, write q = a p + r and k = c + b t + e. Then
//   q.k = q.c + a b p.t + r.(b t) + q.e,   |r.(b t)| <= |r| |b t|,   |q.e| <= |q| |e|   (Cauchy and Schwarz),
// so q.c + a b p.t differs from q.k by at most |r| max|b t| + |q| max|e|. Products of whole numbers are
// exact; approximation_error (rows.h) widens the bound by more than the rounding of the other operations.
#pragma once

#include <cstdint>
#include <limits>

#include "attnlab/kernels/lane.h"
#include "attnlab/kernels/rows.h"
#include "attnlab/kernels/threshold.h"

namespace attnlab::ATTNLAB_LEVEL {

inline constexpr float largest_whole = 127;

/// Loads `count` numbers, followed by zeros.
ATTNLAB_INLINE Lane load_some(const float* from, std::int64_t count) {
  if (count >= Lane::width) return Lane::load(from);
  float lane[Lane::width] = {};
  for (std::int64_t c = 0; c < count; ++c) lane[c] = from[c];
  return Lane::load(lane);
}

/// The scale at which the largest of `count` numbers becomes largest_whole; 0 if a number or 1 / scale is not
/// finite.
ATTNLAB_INLINE float whole_scale(const float* from, std::int64_t count) {
  Lane largest = Lane(0);
  bool finite = true;
  for (std::int64_t c = 0; c < count; c += Lane::width) {
    const Lane magnitude = abs(load_some(from + c, count - c));
    finite = finite && stdx::all_of(magnitude <= Lane(std::numeric_limits<float>::max()));
    largest = max(largest, magnitude);
  }
  const float maximum = horizontal_max(largest);
  if (maximum == 0 && finite) return 1;
  return finite && maximum > 1e-35F ? maximum / largest_whole : 0;
}

/// Norms of the numbers, of their nearest whole multiples of a scale, and of the difference, and the sum of
/// the whole numbers. Squares are taken of multiples of the scale, so that none underflows.
struct Rounded {
  float norm, whole, lost, sum;
};
/// Calls store(c, 8-bit numbers from c on) for each lane of `width` numbers, with zeros after the last
/// number.
template <class Store>
ATTNLAB_INLINE Rounded round_to_whole(const float* from, std::int64_t width, float scale, Store store) {
  constexpr float round = 12582912.0F;  // 1.5 x 2^23
  const Lane inverse = Lane(1 / scale);
  Lane norm = Lane(0);
  Lane whole_norm = Lane(0);
  Lane lost = Lane(0);
  Lane sum = Lane(0);
  for (std::int64_t c = 0; c < width; c += Lane::width) {
    const Lane number = load_some(from + c, width - c) * inverse;
    const Lane whole = (number + Lane(round)) - Lane(round);
    const Lane error = number - whole;
    norm = norm + number * number;
    whole_norm = whole_norm + whole * whole;
    lost = lost + error * error;
    sum = sum + whole;
    std::int8_t narrow[Lane::width];
#if defined(__AVX512F__)
    const __m128i bytes = _mm512_cvtepi32_epi8(_mm512_cvtps_epi32(static_cast<__m512>(whole.value)));
    _mm_storeu_si128(reinterpret_cast<__m128i_u*>(narrow), bytes);
#else
    for (std::size_t l = 0; l < FloatRegister::size(); ++l)
      narrow[l] = static_cast<std::int8_t>(whole.value[l]);
#endif
    store(c, narrow);
  }
  const auto length = [scale](Lane squares) { return scale * __builtin_sqrtf(horizontal_sum(squares)); };
  return {length(norm), length(whole_norm), length(lost), horizontal_sum(sum)};
}

static void quantise_keys(float* rows, std::int64_t count, std::int64_t width, QuantisedKeys* keys) {
  float* mean = keys->mean;
  for (std::int64_t c = 0; c < width; ++c) mean[c] = 0;
  for (std::int64_t j = 0; j < count; ++j)
    for (std::int64_t c = 0; c < width; ++c) mean[c] += rows[j * width + c];
  for (std::int64_t c = 0; c < width; ++c) mean[c] /= static_cast<float>(count);
  for (std::int64_t j = 0; j < count; ++j)
    for (std::int64_t c = 0; c < width; ++c) rows[j * width + c] -= mean[c];
  keys->scale = whole_scale(rows, count * width);
  if (keys->scale == 0) return;
  double mean_square = 0;
  for (std::int64_t c = 0; c < width; ++c)
    mean_square += static_cast<double>(mean[c]) * static_cast<double>(mean[c]);
  keys->mean_norm = static_cast<float>(__builtin_sqrt(mean_square));
  keys->norm = 0;
  keys->error = 0;
  const std::int64_t padded = quantised_width(width);
  for (std::int64_t j = 0; j < count; ++j) {
    std::uint8_t* to =
        keys->numbers + j / quantised_group * quantised_group * padded + j % quantised_group * 4;
    const Rounded rounded =
        round_to_whole(rows + j * width, width, keys->scale, [&](std::int64_t c, const std::int8_t* whole) {
          for (std::int64_t l = 0; l < Lane::width && c + l < padded; l += 4) {
            std::uint32_t four;
            __builtin_memcpy(&four, whole + l, 4);
            four ^= 0x80808080;  // adds 128
            __builtin_memcpy(to + (c + l) * quantised_group, &four, 4);
          }
        });
    keys->norm = rounded.whole > keys->norm ? rounded.whole : keys->norm;
    keys->error = rounded.lost > keys->error ? rounded.lost : keys->error;
  }
}

static void quantise_query(const float* query, std::int64_t width, QuantisedQuery* quantised,
                           std::int8_t* to) {
  __builtin_memset(to, 0, static_cast<std::size_t>(quantised_width(width)));
  quantised->scale = whole_scale(query, width);
  quantised->offset = 0;
  if (quantised->scale == 0) return;
  const Rounded rounded =
      round_to_whole(query, width, quantised->scale, [&](std::int64_t c, const std::int8_t* whole) {
        __builtin_memcpy(to + c, whole, static_cast<std::size_t>(std::min(width - c, Lane::width)));
      });
  quantised->offset = 128 * static_cast<std::int32_t>(rounded.sum);
  quantised->norm = rounded.norm;
  quantised->error = rounded.lost;
}

#if defined(__AVX512VNNI__)

ATTNLAB_INLINE float dot(const float* a, const float* b, std::int64_t width) {
  Lane sum = Lane(0);
  std::int64_t c = 0;
  for (; c + Lane::width <= width; c += Lane::width) sum = sum + Lane::load(a + c) * Lane::load(b + c);
  float rest = 0;
  for (; c < width; ++c) rest += a[c] * b[c];
  return horizontal_sum(sum) + rest;
}

/// sum += four products of whole numbers for each lane. With _mm512_dpbusd_epi32, GCC 12 copies every sum
/// twice in each iteration of a loop, which takes as long as the products.
ATTNLAB_INLINE void add_products(__m512i& sum, __m512i keys, __m512i query) {
  asm("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(keys), "v"(query));
}

/// `rows` queries and `lanes` lanes of a group of keys.
template <int rows, int lanes>
ATTNLAB_INLINE void approximate_block(const std::int8_t* queries, std::int64_t width,
                                      const QuantisedQuery* quantised, float key_scale, const float* centers,
                                      const float* bounds, const std::uint8_t* keys, float* logits,
                                      std::int64_t stride, std::uint16_t* above) {
  __m512i sums[rows][lanes];
#pragma GCC unroll 8
  for (int r = 0; r < rows; ++r)
#pragma GCC unroll 4
    for (int l = 0; l < lanes; ++l) sums[r][l] = _mm512_set1_epi32(-quantised[r].offset);
  for (std::int64_t c = 0; c < width; c += 4) {
    __m512i column[lanes];
#pragma GCC unroll 4
    for (int l = 0; l < lanes; ++l) column[l] = _mm512_loadu_si512(keys + c * quantised_group + l * 64);
#pragma GCC unroll 8
    for (int r = 0; r < rows; ++r) {
      std::int32_t four;
      __builtin_memcpy(&four, queries + r * width + c, 4);
      const __m512i element = _mm512_set1_epi32(four);
#pragma GCC unroll 4
      for (int l = 0; l < lanes; ++l) add_products(sums[r][l], column[l], element);
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < rows; ++r) {
    const __m512 step = _mm512_set1_ps(quantised[r].scale * key_scale);
    const __m512 center = _mm512_set1_ps(centers[r]);
    const __m512 bound = _mm512_set1_ps(bounds[r]);
#pragma GCC unroll 4
    for (int l = 0; l < lanes; ++l) {
      const __m512 lane = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sums[r][l]), step, center);
      _mm512_storeu_ps(logits + r * stride + l * 16, lane);
      above[r * stride / 16 + l] = _mm512_cmp_ps_mask(lane, bound, _CMP_NLE_UQ);
    }
  }
}

/// `rows` queries, from row `row` of the tile on, and all its columns.
template <int rows>
ATTNLAB_INLINE void approximate_rows(const QuantisedTile& from, const LogitTile& tile, std::int64_t row) {
  const std::int64_t width = quantised_width(from.width);
  float centers[rows];
  float bounds[rows];
  for (int r = 0; r < rows; ++r) {
    bounds[r] = logit_bound(from.tau[row + r], from.scale);
    // The logits of a query without a scale are unknown. They must not be -inf, which stands for keys that
    // are not visible.
    centers[r] = from.quantised_queries[row + r].scale == 0
                     ? 0
                     : dot(from.queries + (row + r) * from.width, from.keys->mean, from.width);
  }
  for (std::int64_t column = 0; column < tile.columns;) {
    const std::int64_t inside = (from.first_column + column) % quantised_group;
    const std::uint8_t* keys =
        from.keys->numbers + (from.first_column + column - inside) * width + inside * 4;
    const std::int64_t left = std::min(quantised_group - inside, tile.columns - column) / 16;
    const auto lanes = [&]<int count>() {
      if (left == count)
        approximate_block<rows, count>(from.query_numbers + row * width, width, from.quantised_queries + row,
                                       from.keys->scale, centers, bounds, keys,
                                       tile.logits + row * tile.stride + column, tile.stride,
                                       tile.above + (row * tile.stride + column) / 16);
    };
    lanes.template operator()<4>();
    lanes.template operator()<1>();
    lanes.template operator()<2>();
    lanes.template operator()<3>();
    column += left * 16;
  }
}

static void approximate(const QuantisedTile& from, const LogitTile& tile) {
  constexpr int block = 6;
  std::int64_t row = 0;
  for (; row + block <= tile.rows; row += block) approximate_rows<block>(from, tile, row);
  for (; row + 2 <= tile.rows; row += 2) approximate_rows<2>(from, tile, row);
  if (row < tile.rows) approximate_rows<1>(from, tile, row);
}

inline constexpr auto approximate_of_level = &approximate;
#else
inline constexpr std::nullptr_t approximate_of_level = nullptr;
#endif

}  // namespace attnlab::ATTNLAB_LEVEL
