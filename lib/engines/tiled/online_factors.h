// Modifiers after the normaliser, for softmax. A weight times a factor f is exp(s + ln f - lse(s)), so tiles
// are absorbed with s' = s + ln f instead of s, and rows are scaled by exp(lse(s') - lse(s)).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "attnlab/core/workspace.h"
#include "attnlab/engines/tiled/tiling.h"
#include "attnlab/kernels/rows.h"
#include "attnlab/variants/inputs.h"

namespace attnlab {

class OnlineFactors {
 public:
  /// Takes its memory from `workspace`. Keeps a reference to `variant`.
  OnlineFactors(const Variant& variant, const Problem& problem, const Tiling& tiling, Workspace& workspace);

  /// Call before the tiles of a block of head `head`.
  void open(const Inputs& inputs, std::int64_t head, int thread);

  /// Absorbs the logits of a tile, whose first row is row `first_row` of the block, and adds ln f to them.
  void apply(const LogitTile& tile, std::int64_t first_row, int thread);

  /// Maxima and sums of the unmodified logits.
  OnlineRows logits(int thread) const;

  /// Scales the finished output of `rows` rows; their sums in `state` are those of s'.
  void scale(const OnlineRows& state, std::int64_t rows, int thread) const;

 private:
  struct PerThread {
    std::span<float> maximum, sums;
    std::vector<Modifier> factors;  ///< modifiers of the head
    std::span<WeightSums> weights;  ///< further state of measure_entropy
  };

  const Variant& variant_;
  const std::int64_t heads_;
  const RowCode& rows_;
  std::vector<PerThread> threads_;
};

}  // namespace attnlab
