// Row code of the elementwise normalisers: a weight is a function of its own logit and of how many keys the
// row sees.
#pragma once

#include <cmath>
#include <cstdint>

#include "rows/lane.h"
#include "rows/online.h"
#include "rows/rows.h"

namespace attnlab::ATTNLAB_LEVEL {

template <class Member, class Store, bool with_statistics>
ATTNLAB_INLINE void weigh_rows(const Member& member, const LogitTile& tile, const float* log_keys,
                               Store store, RowSketch* sketches) {
  TileSketch sketch{sketches, tile, {}};
  for (std::int64_t row = 0; row < tile.rows; ++row) {
    const float* logits = tile.logits + row * tile.stride;
    Lane largest = Lane(0.0F);
    if constexpr (with_statistics) sketch.begin_row(row);
    for (std::int64_t j = 0; j < tile.columns; j += Lane::width) {
      const Lane weight = member.weight(Lane::load(logits + j), Lane(log_keys[row]));
      if constexpr (with_statistics) {
        sketch.add(weight, log(weight), j);
        largest = max(largest, weight);
      }
      store(weight, row * tile.stride + j);
    }
    if constexpr (with_statistics) {
      sketch.end_row(row);
      const auto here = static_cast<double>(horizontal_max(largest));
      if (here > sketches[row].largest) sketches[row].largest = here;
    }
  }
}

template <class Member>
ATTNLAB_INLINE void weigh_tile(const Member& member, const LogitTile& tile, const float* log_keys,
                               DType dtype, void* weights, RowSketch* sketches) {
  const StoreF32 wide{static_cast<float*>(weights)};
  const StoreBf16 narrow{static_cast<std::uint16_t*>(weights)};
  if (sketches && dtype == DType::f32)
    weigh_rows<Member, StoreF32, true>(member, tile, log_keys, wide, sketches);
  else if (sketches)
    weigh_rows<Member, StoreBf16, true>(member, tile, log_keys, narrow, sketches);
  else if (dtype == DType::f32)
    weigh_rows<Member, StoreF32, false>(member, tile, log_keys, wide, nullptr);
  else
    weigh_rows<Member, StoreBf16, false>(member, tile, log_keys, narrow, nullptr);
}

}  // namespace attnlab::ATTNLAB_LEVEL
