#include "attnlab/engines/tiled/whole_rows.h"

#include <algorithm>
#include <numeric>

namespace attnlab {

WholeRows::WholeRows(LogitTiles& tiles, const Problem& problem, const Tiling& tiling, std::int64_t rows,
                     Workspace& workspace)
    : tiles_(tiles),
      shape_(problem.shape),
      tiling_(tiling),
      longest_row_(tiling.longest_row()),
      threads_(static_cast<std::size_t>(problem.threads)) {
  for (PerThread& own : threads_) {
    own.logits = workspace.allocate<float>(rows * longest_row_);
    own.keys = workspace.allocate<std::int32_t>(longest_row_);
  }
}

void WholeRows::load(const Inputs& inputs, const Stage& stage, const QueryBlock& block, int thread) {
  float* logits = threads_[static_cast<std::size_t>(thread)].logits.data();
  tiles_.open(inputs, stage, block, thread);
  for (const Visit& visit : tiles_.visits(thread)) {
    const std::int64_t slot = slot_of(tiling_, stage, block.kv_head(shape_), visit.key_tile);
    const Strip whole{0, block.rows, 0, tiling_.key_columns, visit.masked};
    const LogitTile tile = tiles_.logits(inputs, slot, block, visit, whole, thread);
    for (std::int64_t t = 0; t < block.rows; ++t)
      std::copy_n(tile.logits + t * tile.stride, tile.columns, logits + t * longest_row_);
    logits += tile.columns;
  }
}

WholeRows::Row WholeRows::row(std::int64_t t, int thread) {
  const PerThread& own = threads_[static_cast<std::size_t>(thread)];
  auto keys = own.keys.begin();
  for (const Visit& visit : tiles_.visits(thread)) {
    std::iota(keys, keys + tiling_.key_columns,
              static_cast<std::int32_t>(visit.key_tile * tiling_.key_columns));
    keys += tiling_.key_columns;
  }
  const auto length = static_cast<std::size_t>(keys - own.keys.begin());
  return {own.logits.subspan(static_cast<std::size_t>(t * longest_row_), length),
          own.keys.subspan(0, length)};
}

}  // namespace attnlab
