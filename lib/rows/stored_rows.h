// Products with keys and values as they are stored, unpacked: for rows that are read once.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>

#include "rows/lane.h"
#include "rows/product.h"
#include "rows/rows.h"

namespace attnlab::ATTNLAB_LEVEL {

ATTNLAB_INLINE const std::byte* row_of(const StoredRows& rows, std::int64_t row) {
  return rows.first + row * rows.stride_bytes;
}

/// Rows ahead of the one at hand, of those that are read in no order.
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

/// Logits of the queries and a lane of keys, from key `first` on; beyond the last key they mean nothing.
template <class Storage>
ATTNLAB_INLINE Lane score_lane(Storage storage, const float* query, const StoredRows& keys,
                               std::int64_t first, std::int64_t last) {
  Native sums[Lane::width];
  for (std::int64_t r = 0; r < Lane::width; ++r) {
    const std::byte* key = row_of(keys, std::min(first + r, last));
    Lane sum = Lane(0);
    for (std::int64_t c = 0; c + Lane::width <= keys.width; c += Lane::width)
      sum = sum + Lane::load(query + c) * storage.load(key, c);
    sums[r] = std::bit_cast<Native>(sum.value);
  }
  transpose(sums);
  Lane logits = Lane(0);
  for (const Native& sum : sums) logits = logits + Lane(std::bit_cast<FloatRegister>(sum));
  const std::int64_t whole = keys.width / Lane::width * Lane::width;
  if (whole == keys.width) return logits;
  float rest[Lane::width] = {};
  for (std::int64_t r = 0; r < Lane::width; ++r)
    for (std::int64_t c = whole; c < keys.width; ++c)
      rest[r] += query[c] * storage.load_element(row_of(keys, std::min(first + r, last)), c);
  return logits + Lane::load(rest);
}

template <class Storage>
ATTNLAB_INLINE void score_stored_rows(Storage storage, const float* queries, const StoredRows& keys,
                                      std::int64_t count, const LogitTile& tile) {
  for (std::int64_t j = 0; j < tile.columns; j += Lane::width)
    for (std::int64_t row = 0; row < tile.rows; ++row)
      score_lane(storage, queries + row * keys.width, keys, j, count - 1)
          .store(tile.logits + row * tile.stride + j);
}

/// Adds `count` weighted rows to `lanes` lanes of the output, from column `column` on; number(t) is the t-th.
template <int lanes, class Storage, class Number>
ATTNLAB_INLINE void add_lanes(Storage storage, const float* weights, Number number, std::int64_t count,
                              const StoredRows& rows, std::int64_t column, float* output) {
  Lane sums[lanes];
#pragma GCC unroll 4
  for (int l = 0; l < lanes; ++l) sums[l] = Lane::load(output + column + l * Lane::width);
  for (std::int64_t t = 0; t < count; ++t) {
    const std::byte* row = row_of(rows, number(t));
#pragma GCC unroll 4
    for (int l = 0; l < lanes; ++l)
      sums[l] = sums[l] + Lane(weights[t]) * storage.load(row, column + l * Lane::width);
  }
#pragma GCC unroll 4
  for (int l = 0; l < lanes; ++l) sums[l].store(output + column + l * Lane::width);
}

template <class Storage, class Number>
ATTNLAB_INLINE void add_weighted_rows(Storage storage, const float* weights, Number number,
                                      std::int64_t count, const StoredRows& rows, float* output) {
  std::int64_t c = 0;
  for (; c + 4 * Lane::width <= rows.width; c += 4 * Lane::width)
    add_lanes<4>(storage, weights, number, count, rows, c, output);
  for (; c + Lane::width <= rows.width; c += Lane::width)
    add_lanes<1>(storage, weights, number, count, rows, c, output);
  for (; c < rows.width; ++c)
    for (std::int64_t t = 0; t < count; ++t)
      output[c] += weights[t] * storage.load_element(row_of(rows, number(t)), c);
}

/// Sums the rows of `numbers`, which are in no order.
template <class Storage>
ATTNLAB_INLINE void gather_rows(Storage storage, const float* weights, const std::int32_t* numbers,
                                std::int64_t count, const StoredRows& rows, float* output) {
  std::fill_n(output, rows.width, 0.0F);
  add_weighted_rows(
      storage, weights,
      [&](std::int64_t t) {
        if (t + rows_ahead < count) prefetch_row(rows, numbers[t + rows_ahead]);
        return numbers[t];
      },
      count, rows, output);
}

template <class Storage>
ATTNLAB_INLINE bool are_finite(Storage storage, const StoredRows& rows, std::int64_t count) {
  bool finite = true;
  for (std::int64_t row = 0; row < count; ++row) {
    const std::byte* from = row_of(rows, row);
    std::int64_t c = 0;
    for (; c + Lane::width <= rows.width; c += Lane::width)
      finite = finite & stdx::all_of(abs(storage.load(from, c)) <= Lane(std::numeric_limits<float>::max()));
    for (; c < rows.width; ++c) finite = finite & __builtin_isfinite(storage.load_element(from, c));
  }
  return finite;
}

}  // namespace attnlab::ATTNLAB_LEVEL
