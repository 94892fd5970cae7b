// Row code of the elementwise normalisers: a weight is a function of its own logit and of how many keys the
// row sees.
#pragma once

#include <cmath>
#include <cstdint>

#include "attnlab/kernels/lane.h"
#include "attnlab/kernels/online.h"
#include "attnlab/kernels/rows.h"
#include "attnlab/kernels/sketch.h"

namespace attnlab::ATTNLAB_LEVEL {

/// The member of a row.
template <class Member>
ATTNLAB_INLINE Member of_row(const Member& member, const RowKeys& keys) {
  if constexpr (requires { member.for_row(keys); })
    return member.for_row(keys);
  else
    return member;
}

template <class Member, class Store, class Sketch>
ATTNLAB_INLINE void weigh_rows(const Member& member, const LogitTile& tile, const RowKeys* keys, Store store,
                               Sketch sketch) {
  for (std::int64_t row = 0; row < tile.rows; ++row) {
    const float* logits = tile.logits + row * tile.stride;
    const Member own = of_row(member, keys[row]);
    sketch.begin_row(row);
    for (std::int64_t j = 0; j < tile.columns; j += Lane::width) {
      const Lane weight = own.weight(Lane::load(logits + j));
      const Lane logarithm = log(weight);  // falls away where there is no sketch
      sketch.template add<false>(Lanes<1>{weight}, Lanes<1>{logarithm}, Lanes<1>{logarithm}, j);
      store(weight, row * tile.stride + j);
    }
    sketch.end_row(row);
  }
}

template <class Member>
ATTNLAB_INLINE void weigh_tile(const Member& member, const LogitTile& tile, const RowKeys* keys, DType dtype,
                               void* weights, const SketchRows* sketches) {
  const StoreF32 wide{static_cast<float*>(weights)};
  const StoreBf16 narrow{static_cast<std::uint16_t*>(weights)};
  if (sketches && dtype == DType::f32)
    weigh_rows(member, tile, keys, wide, TileSketch{*sketches, tile});
  else if (sketches)
    weigh_rows(member, tile, keys, narrow, TileSketch{*sketches, tile});
  else if (dtype == DType::f32)
    weigh_rows(member, tile, keys, wide, NoSketch{});
  else
    weigh_rows(member, tile, keys, narrow, NoSketch{});
}

}  // namespace attnlab::ATTNLAB_LEVEL
