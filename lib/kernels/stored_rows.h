// Products with keys and values as they are stored, without packing, for rows that are read once.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>

#include "attnlab/kernels/lane.h"
#include "attnlab/kernels/product.h"
#include "attnlab/kernels/rows.h"
#include "attnlab/kernels/storage.h"

namespace attnlab::ATTNLAB_LEVEL {

ATTNLAB_INLINE const std::byte* row_of(const StoredRows& rows, std::int64_t row) {
  return rows.first + row * rows.stride_bytes;
}

/// Prefetch distance, in rows, for rows that are read in irregular order.
inline constexpr std::int64_t rows_ahead = 4;

ATTNLAB_INLINE void prefetch_row(const StoredRows& rows, std::int64_t row) {
  const std::byte* from = row_of(rows, row);
  for (std::int64_t at = 0; at < rows.width * size_bytes(rows.dtype); at += 64) __builtin_prefetch(from + at);
}

template <class Storage>
ATTNLAB_INLINE float dot_with_row(Storage storage, const float* a, const std::byte* row, std::int64_t width) {
  Lane sum = Lane(0);
  std::int64_t c = 0;
  for (; c + Lane::width <= width; c += Lane::width) sum = sum + Lane::load(a + c) * storage.load(row, c);
  float rest = 0;
  for (; c < width; ++c) rest += a[c] * storage.load_element(row, c);
  return horizontal_sum(sum) + rest;
}

/// Prefetch distance in keys.
inline constexpr std::int64_t keys_ahead = 256;

/// Prefetches rows, one cache line at a time.
class LinesAhead {
 public:
  /// Prefetches `bytes` of every row from row `first` on, from byte `begin` on.
  ATTNLAB_INLINE LinesAhead(const StoredRows& rows, std::int64_t first, std::int64_t begin,
                            std::int64_t bytes)
      : row_(row_of(rows, first) + begin), stride_(rows.stride_bytes), bytes_(bytes) {}
  ATTNLAB_INLINE void ask() {
    __builtin_prefetch(row_ + at_, 0, 2);
    at_ += 64;
    if (at_ < bytes_) return;
    at_ = 0;
    row_ += stride_;
  }

 private:
  const std::byte* row_;
  std::int64_t stride_, bytes_;
  std::int64_t at_ = 0;
};

/// Numbers, or pairs, of a query and a key that are multiplied before their sums are written to the tile.
inline constexpr std::int64_t depth_of_chunk = 64;

/// `spread` numbers, repeated to fill the register.
template <int spread>
ATTNLAB_INLINE FloatRegister repeated(const float* numbers) {
  if constexpr (spread == 1) return FloatRegister(*numbers);
  if constexpr (spread == Lane::width) return Lane::load(numbers).value;
#if defined(__AVX512F__)
  if constexpr (spread == 2) {
    double two;
    __builtin_memcpy(&two, numbers, sizeof(two));
    return FloatRegister(_mm512_castpd_ps(_mm512_set1_pd(two)));
  }
  if constexpr (spread == 4) return FloatRegister(_mm512_broadcast_f32x4(_mm_loadu_ps(numbers)));
#elif defined(__AVX2__)
  if constexpr (spread == 2)
    return FloatRegister(_mm256_castpd_ps(_mm256_broadcast_sd(reinterpret_cast<const double*>(numbers))));
  if constexpr (spread == 4)
    return FloatRegister(_mm256_broadcast_ps(reinterpret_cast<const __m128*>(numbers)));
#endif
  return FloatRegister([&](auto lane) { return numbers[lane % spread]; });
}

/// On entry sums[k] has, in lane q spread + s, the s-th part of the product of query q and key k. On return
/// sums[q spread] has the products of query q, one key in each lane.
template <int spread, int distance = 1>
ATTNLAB_INLINE void collect_queries(Native (&sums)[Lane::width]) {
  constexpr int width = static_cast<int>(Lane::width);
  if constexpr (distance < width) {
#pragma GCC unroll 16
    for (int r = 0; r < width; r += distance < spread ? distance : spread)
      if ((r & distance) == 0) {
        exchange_groups<distance>(sums[r], sums[r + distance], std::make_integer_sequence<int, width>{});
        if (distance < spread) sums[r] += sums[r + distance];
      }
    collect_queries<spread, 2 * distance>(sums);
  }
}

/// Logits of at most Lane::width / spread queries, from `depth` numbers or pairs from `first` on. Each query
/// has `spread` adjacent lanes of a register; the numbers of a key are repeated for all queries.
template <class Elements, class Storage, int spread>
ATTNLAB_INLINE void score_group(Storage storage, const float* queries, std::int64_t width, std::int64_t first,
                                std::int64_t depth, const StoredRows& keys, std::int64_t last, float factor,
                                const LogitTile& tile) {
  constexpr std::int64_t group = Lane::width / spread;
  const std::int64_t steps = (depth + spread - 1) / spread;
  float packed[depth_of_chunk * group];
  std::fill_n(packed, steps * Lane::width, 0.0F);
  for (std::int64_t q = 0; q < std::min(group, tile.rows); ++q)
    for (std::int64_t c = 0; c < depth; ++c)
      packed[c / spread * Lane::width + q * spread + c % spread] = queries[q * width + first + c];
  // The keys are contiguous, at constant distances, since sixteen pointers do not fit into the register file.
  float numbers[Lane::width * depth_of_chunk];
  const std::int64_t whole = depth / Lane::width * Lane::width;
  for (std::int64_t j = 0; j < tile.columns; j += Lane::width) {
    for (std::int64_t k = 0; k < Lane::width; ++k) {
      const std::byte* key = row_of(keys, std::min(j + k, last));
      float* to = numbers + k * depth_of_chunk;
      for (std::int64_t c = 0; c < whole; c += Lane::width) storage.load(key, first + c).store(to + c);
      for (std::int64_t c = whole; c < steps * spread; ++c)
        to[c] = c < depth ? storage.load_element(key, first + c) : 0.0F;
    }
    const std::int64_t word_bytes = keys.width * size_bytes(keys.dtype) / width;
    LinesAhead ahead(keys, j + keys_ahead, first * word_bytes, depth * word_bytes);
    FloatRegister sums[Lane::width];
#pragma GCC unroll 16
    for (FloatRegister& sum : sums) sum = 0.0F;
    for (std::int64_t step = 0; step < steps; ++step) {
#pragma GCC unroll 16
      for (int line = 0; line < spread; ++line) ahead.ask();
      const FloatRegister query = Lane::load(packed + step * Lane::width).value;
#pragma GCC unroll 16
      for (int k = 0; k < Lane::width; ++k)
        Elements::add(sums[k], query, repeated<spread>(numbers + k * depth_of_chunk + step * spread));
    }
    Native collected[Lane::width];
#pragma GCC unroll 16
    for (int k = 0; k < Lane::width; ++k) collected[k] = std::bit_cast<Native>(sums[k]);
    collect_queries<spread>(collected);
#pragma GCC unroll 16
    for (int q = 0; q < group; ++q) {
      if (q >= tile.rows) break;
      float* to = tile.logits + q * tile.stride + j;
      const Lane sum = Lane(std::bit_cast<FloatRegister>(collected[q * spread])) * Lane(factor);
      (first == 0 ? sum : Lane::load(to) + sum).store(to);
    }
  }
}

/// Logits of all rows of the tile, as many rows at a time as a register holds.
template <class Elements, class Storage>
ATTNLAB_INLINE void score_rows(Storage storage, const float* queries, std::int64_t width,
                               const StoredRows& keys, std::int64_t count, float factor,
                               const LogitTile& tile) {
  for (std::int64_t first = 0; first < width; first += depth_of_chunk)
    for (std::int64_t row = 0; row < tile.rows;) {
      LogitTile rest = tile;
      rest.logits += row * tile.stride;
      rest.rows -= row;
      const auto score = [&]<int spread>() {
        score_group<Elements, Storage, spread>(storage, queries + row * width, width, first,
                                               std::min(depth_of_chunk, width - first), keys, count - 1,
                                               factor, rest);
        row += Lane::width / spread;
      };
      if (rest.rows == 1)
        score.template operator()<static_cast<int>(Lane::width)>();
      else if (4 * rest.rows <= Lane::width)
        score.template operator()<4>();
      else if (2 * rest.rows <= Lane::width)
        score.template operator()<2>();
      else
        score.template operator()<1>();
    }
}

#if defined(__AVX512BF16__)
static void score_stored_pairs(const float* queries, const StoredRows& keys, std::int64_t count, float factor,
                               const LogitTile& tile) {
  score_rows<Pairs>(StorageF32{}, queries, keys.width / 2, keys, count, factor, tile);
}
inline constexpr auto score_pairs_of_level = &score_stored_pairs;
#else
inline constexpr std::nullptr_t score_pairs_of_level = nullptr;
#endif

/// Adds `count` weighted rows to `lanes` lanes of the output, from column `column` on; number(t) is the index
/// of the t-th row.
template <int lanes, class Storage, class Number>
ATTNLAB_INLINE void add_lanes(Storage storage, const float* weights, Number number, std::int64_t count,
                              const StoredRows& rows, std::int64_t column, float* output) {
  FloatRegister sums[lanes];
#pragma GCC unroll 4
  for (int l = 0; l < lanes; ++l) sums[l] = Lane::load(output + column + l * Lane::width).value;
  for (std::int64_t t = 0; t < count; ++t) {
    const std::byte* row = row_of(rows, number(t));
    const FloatRegister weight(weights[t]);
#pragma GCC unroll 4
    for (int l = 0; l < lanes; ++l) sums[l] += weight * storage.load(row, column + l * Lane::width).value;
  }
#pragma GCC unroll 4
  for (int l = 0; l < lanes; ++l) Lane(sums[l]).store(output + column + l * Lane::width);
}

/// Sums the rows with indices `numbers`, in any order.
template <class Storage>
ATTNLAB_INLINE void gather_rows(Storage storage, const float* weights, const std::int32_t* numbers,
                                std::int64_t count, const StoredRows& rows, float* output) {
  std::fill_n(output, rows.width, 0.0F);
  const auto number = [&](std::int64_t t) {
    if (t + rows_ahead < count) prefetch_row(rows, numbers[t + rows_ahead]);
    return numbers[t];
  };
  std::int64_t c = 0;
  for (; c + 4 * Lane::width <= rows.width; c += 4 * Lane::width)
    add_lanes<4>(storage, weights, number, count, rows, c, output);
  for (; c + Lane::width <= rows.width; c += Lane::width)
    add_lanes<1>(storage, weights, number, count, rows, c, output);
  for (; c < rows.width; ++c)
    for (std::int64_t t = 0; t < count; ++t)
      output[c] += weights[t] * storage.load_element(row_of(rows, numbers[t]), c);
}

}  // namespace attnlab::ATTNLAB_LEVEL
