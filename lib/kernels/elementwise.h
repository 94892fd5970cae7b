// Row code of the elementwise normalisers: a weight is a function of its logit and of the number of keys that
// the row sees.
#pragma once

#include <algorithm>
#include <cstdint>

#include "attnlab/kernels/lane.h"
#include "attnlab/kernels/online.h"
#include "attnlab/kernels/rows.h"
#include "attnlab/kernels/sketch.h"

namespace attnlab::ATTNLAB_LEVEL {

/// The member with the constants of one row.
template <class Member>
ATTNLAB_INLINE Member of_row(const Member& member, const RowKeys& keys) {
  if constexpr (requires { member.for_row(keys); })
    return member.for_row(keys);
  else
    return member;
}

template <class Member, class Store>
ATTNLAB_INLINE void weigh_rows(const Member& member, const LogitTile& tile, const RowKeys* keys,
                               Store store) {
  for (std::int64_t row = 0; row < tile.rows; ++row) {
    const float* logits = tile.logits + row * tile.stride;
    const Member own = of_row(member, keys[row]);
    for (std::int64_t j = 0; j < tile.columns; j += Lane::width)
      store(own.weight(Lane::load(logits + j)), row * tile.stride + j);
  }
}

/// Logarithm of a weight, computed by the member if weights may underflow.
template <class Member>
ATTNLAB_INLINE Lane log_weight(const Member& member, Lane logit) {
  if constexpr (requires { member.log_weight(logit); })
    return member.log_weight(logit);
  else
    return log(member.weight(logit));
}

/// Adds weights to the sketches by their logarithms, since weights may underflow.
template <class Member>
ATTNLAB_INLINE void sketch_rows(const Member& member, const LogitTile& tile, const RowKeys* keys,
                                const SketchRows& sketches) {
  constexpr std::int64_t longest = 256;
  float logarithms[longest];
  float sums[row_code_columns] = {};
  for (std::int64_t row = 0; row < tile.rows; ++row) {
    const Member own = of_row(member, keys[row]);
    const SketchRows sketch = sketches.from(row);
    auto maximum = static_cast<float>(sketch.rows->reference);
    for (std::int64_t first = 0; first < tile.columns; first += longest) {
      const std::int64_t count = std::min(longest, tile.columns - first);
      const float* logits = tile.logits + row * tile.stride + first;
      for (std::int64_t j = 0; j < count; j += Lane::width)
        log_weight(own, Lane::load(logits + j)).store(logarithms + j);
      const LogitTile piece{logarithms, count, 1, count, tile.first_position + row, tile.first_key + first};
      absorb_online_rows(piece, {&maximum, sums, nullptr, 0, 0}, NoStore{}, TileSketch{sketch, piece});
    }
  }
}

template <class Member>
ATTNLAB_INLINE void weigh_tile(const Member& member, const LogitTile& tile, const RowKeys* keys, DType dtype,
                               void* weights, const SketchRows* sketches) {
  if (sketches) sketch_rows(member, tile, keys, *sketches);
  if (dtype == DType::f32)
    weigh_rows(member, tile, keys, StoreF32{static_cast<float*>(weights)});
  else
    weigh_rows(member, tile, keys, StoreBf16{static_cast<std::uint16_t*>(weights)});
}

}  // namespace attnlab::ATTNLAB_LEVEL
