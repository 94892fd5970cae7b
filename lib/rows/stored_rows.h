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

/// Queries that pass over the keys at hand together, and keys that stay in the first cache meanwhile.
inline constexpr int queries_together = 4;
inline constexpr std::int64_t rows_of_chunk = 32;

/// Keys after those at hand that are asked for meanwhile.
inline constexpr std::int64_t keys_ahead = 64;

/// Element e: the sum of the elements of sums[e].
template <int distance = 1>
ATTNLAB_INLINE Lane sums_of(Native (&sums)[Lane::width]) {
  constexpr int width = static_cast<int>(Lane::width);
  if constexpr (distance == width) {
    return Lane(std::bit_cast<FloatRegister>(sums[0]));
  } else {
#pragma GCC unroll 16
    for (int r = 0; r < width; r += 2 * distance) {
      exchange_groups<distance>(sums[r], sums[r + distance], std::make_integer_sequence<int, width>{});
      sums[r] += sums[r + distance];
    }
    return sums_of<2 * distance>(sums);
  }
}

/// Logits of `queries` queries and of as many keys as make a register of them, from key `first` on; beyond
/// the last key they mean nothing.
template <int queries, class Storage>
ATTNLAB_INLINE void score_block(Storage storage, const float* query, const StoredRows& keys,
                                std::int64_t first, std::int64_t last, float* logits, std::int64_t stride) {
  constexpr int block_keys = static_cast<int>(Lane::width) / queries;
  const std::byte* key[block_keys];
  Native sums[Lane::width];
#pragma GCC unroll 16
  for (int k = 0; k < block_keys; ++k) key[k] = row_of(keys, std::min(first + k, last));
#pragma GCC unroll 16
  for (Native& sum : sums) sum = Native{};
  std::int64_t c = 0;
  for (; c + Lane::width <= keys.width; c += Lane::width) {
    Native elements[queries];
#pragma GCC unroll 16
    for (int q = 0; q < queries; ++q)
      elements[q] = std::bit_cast<Native>(Lane::load(query + q * keys.width + c).value);
#pragma GCC unroll 16
    for (int k = 0; k < block_keys; ++k) {
      const auto numbers = std::bit_cast<Native>(storage.load(key[k], c).value);
#pragma GCC unroll 16
      for (int q = 0; q < queries; ++q) sums[q * block_keys + k] += elements[q] * numbers;
    }
  }
  float block[Lane::width];
  sums_of(sums).store(block);
#pragma GCC unroll 16
  for (int q = 0; q < queries; ++q)
    __builtin_memcpy(logits + q * stride, block + q * block_keys, block_keys * sizeof(float));
  for (; c < keys.width; ++c)
    for (int q = 0; q < queries; ++q)
      for (int k = 0; k < block_keys; ++k)
        logits[q * stride + k] += query[q * keys.width + c] * storage.load_element(key[k], c);
}

/// The same of one query and a register of keys, key by key: pointers to all of them would not fit registers.
template <class Storage>
ATTNLAB_INLINE void score_lane(Storage storage, const float* query, const StoredRows& keys,
                               std::int64_t first, std::int64_t last, float* logits) {
  Native sums[Lane::width];
  for (std::int64_t r = 0; r < Lane::width; ++r) {
    const std::byte* key = row_of(keys, std::min(first + r, last));
    Lane sum = Lane(0);
    for (std::int64_t c = 0; c + Lane::width <= keys.width; c += Lane::width)
      sum = sum + Lane::load(query + c) * storage.load(key, c);
    sums[r] = std::bit_cast<Native>(sum.value);
  }
  sums_of(sums).store(logits);
  for (std::int64_t c = keys.width / Lane::width * Lane::width; c < keys.width; ++c)
    for (std::int64_t r = 0; r < Lane::width; ++r)
      logits[r] += query[c] * storage.load_element(row_of(keys, std::min(first + r, last)), c);
}

template <class Storage>
ATTNLAB_INLINE void score_stored_rows(Storage storage, const float* queries, const StoredRows& keys,
                                      std::int64_t count, const LogitTile& tile) {
  constexpr std::int64_t block_keys = Lane::width / queries_together;
  for (std::int64_t j = 0; j < tile.columns; j += Lane::width) {
    std::int64_t row = 0;
    for (; row + queries_together <= tile.rows; row += queries_together)
      for (std::int64_t key = j; key < j + Lane::width; key += block_keys) {
        if (row == 0)
          for (std::int64_t k = key; k < key + block_keys; ++k) prefetch_row(keys, k + keys_ahead);
        score_block<queries_together>(storage, queries + row * keys.width, keys, key, count - 1,
                                      tile.logits + row * tile.stride + key, tile.stride);
      }
    for (; row < tile.rows; ++row)
      score_lane(storage, queries + row * keys.width, keys, j, count - 1,
                 tile.logits + row * tile.stride + j);
  }
}

/// Adds `count` rows, weighted by each of `queries` rows of weights, to `lanes` lanes of that row of the
/// output, from column `column` on; number(t) is the t-th.
template <int queries, int lanes, class Storage, class Number>
ATTNLAB_INLINE void add_lanes(Storage storage, const float* weights, std::int64_t weights_stride,
                              Number number, std::int64_t count, const StoredRows& rows, std::int64_t column,
                              float* output, std::int64_t output_stride) {
  FloatRegister sums[queries][lanes];
#pragma GCC unroll 4
  for (int q = 0; q < queries; ++q)
#pragma GCC unroll 4
    for (int l = 0; l < lanes; ++l)
      sums[q][l] = Lane::load(output + q * output_stride + column + l * Lane::width).value;
  for (std::int64_t t = 0; t < count; ++t) {
    const std::byte* row = row_of(rows, number(t));
    FloatRegister numbers[lanes];
#pragma GCC unroll 4
    for (int l = 0; l < lanes; ++l) numbers[l] = storage.load(row, column + l * Lane::width).value;
#pragma GCC unroll 4
    for (int q = 0; q < queries; ++q) {
      const FloatRegister weight(weights[q * weights_stride + t]);
#pragma GCC unroll 4
      for (int l = 0; l < lanes; ++l) sums[q][l] += weight * numbers[l];
    }
  }
#pragma GCC unroll 4
  for (int q = 0; q < queries; ++q)
#pragma GCC unroll 4
    for (int l = 0; l < lanes; ++l)
      Lane(sums[q][l]).store(output + q * output_stride + column + l * Lane::width);
}

template <int queries, class Storage, class Number>
ATTNLAB_INLINE void add_weighted_rows(Storage storage, const float* weights, std::int64_t weights_stride,
                                      Number number, std::int64_t count, const StoredRows& rows,
                                      float* output, std::int64_t output_stride) {
  constexpr int lanes = Lane::width == 16 || queries == 1 ? 4 : 2;
  std::int64_t c = 0;
  for (; c + lanes * Lane::width <= rows.width; c += lanes * Lane::width)
    add_lanes<queries, lanes>(storage, weights, weights_stride, number, count, rows, c, output,
                              output_stride);
  for (; c + Lane::width <= rows.width; c += Lane::width)
    add_lanes<queries, 1>(storage, weights, weights_stride, number, count, rows, c, output, output_stride);
  for (; c < rows.width; ++c)
    for (int q = 0; q < queries; ++q)
      for (std::int64_t t = 0; t < count; ++t)
        output[q * output_stride + c] +=
            weights[q * weights_stride + t] * storage.load_element(row_of(rows, number(t)), c);
}

/// Adds the rows, weighted by each row of weights, to that row of the output.
template <class Storage>
ATTNLAB_INLINE void add_stored_rows(Storage storage, const LogitTile& weights, std::int64_t count,
                                    const StoredRows& rows, float* output, std::int64_t output_stride) {
  for (std::int64_t first = 0; first < count; first += rows_of_chunk) {
    const std::int64_t chunk = std::min(rows_of_chunk, count - first);
    const auto number = [first](std::int64_t t) { return first + t; };
    std::int64_t q = 0;
    const auto add = [&]<int together>() {
      for (; q + together <= weights.rows; q += together)
        add_weighted_rows<together>(storage, weights.logits + q * weights.stride + first, weights.stride,
                                    number, chunk, rows, output + q * output_stride, output_stride);
    };
    add.template operator()<queries_together>();
    add.template operator()<1>();
  }
}

/// Sums the rows of `numbers`, which are in no order.
template <class Storage>
ATTNLAB_INLINE void gather_rows(Storage storage, const float* weights, const std::int32_t* numbers,
                                std::int64_t count, const StoredRows& rows, float* output) {
  std::fill_n(output, rows.width, 0.0F);
  add_weighted_rows<1>(
      storage, weights, 0,
      [&](std::int64_t t) {
        if (t + rows_ahead < count) prefetch_row(rows, numbers[t + rows_ahead]);
        return numbers[t];
      },
      count, rows, output, 0);
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
