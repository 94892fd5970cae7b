// Whole rows of logits, a few queries at a time, for normalisers that need a whole row at once.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "attnlab/core/workspace.h"
#include "attnlab/engines/tiled/logit_tiles.h"

namespace attnlab {

class WholeRows {
 public:
  /// Takes its memory from `workspace`: for blocks of up to `rows` queries.
  WholeRows(LogitTiles& tiles, const Problem& problem, const Tiling& tiling, std::int64_t rows,
            Workspace& workspace);

  /// Opens the block and computes all its logits; -inf for keys that are not visible.
  void load(const Inputs& inputs, const Stage& stage, const QueryBlock& block, int thread);

  /// Row t of the block: its logits and their keys. Both may be overwritten.
  struct Row {
    std::span<float> logits;
    std::span<std::int32_t> keys;
  };
  Row row(std::int64_t t, int thread);

 private:
  struct PerThread {
    std::span<float> logits;
    std::span<std::int32_t> keys;
  };

  LogitTiles& tiles_;
  const Shape shape_;
  const Tiling& tiling_;
  const std::int64_t longest_row_;
  std::vector<PerThread> threads_;
};

}  // namespace attnlab
