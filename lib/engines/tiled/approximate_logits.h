// Tiles of approximate logits with a bounded error, by 8-bit products. row_threshold normalisers keep few
// keys, and a key that is below the threshold by more than the error needs no exact logit.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "attnlab/core/workspace.h"
#include "attnlab/engines/tiled/logit_tiles.h"

namespace attnlab {

/// Precondition: Tiling::approximated.
class ApproximateLogits {
 public:
  /// Takes its memory from `workspace`.
  ApproximateLogits(const Variant& variant, const Problem& problem, const Tiling& tiling, LogitTiles& tiles,
                    Workspace& workspace);

  /// Prepares key tile `key_tile` of kv head `kv_head` (of batch x kv_heads) in `slot`.
  void prepare_keys(const Inputs& inputs, std::int64_t kv_head, std::int64_t key_tile, std::int64_t slot,
                    int thread);

  /// Prepares the queries of the block that was opened.
  void open(const Stage& stage, const QueryBlock& block, int thread);

  /// Whether the tile in `slot` has approximate logits, which needs finite keys.
  bool has(std::int64_t slot) const { return keys_[static_cast<std::size_t>(slot)].scale != 0; }

  /// The largest error of the logits of each row of the block, times the scale of the normaliser; infinity
  /// for a query that is not finite.
  const float* slack(int thread) const { return threads_[static_cast<std::size_t>(thread)].slack.data(); }

  /// As LogitTiles::logits, which computes the tiles without approximate logits. `tau`: of the rows of the
  /// strip, as in ThresholdRows.
  LogitTile logits(const QueryBlock& block, const Visit& visit, const Strip& strip, std::int64_t slot,
                   const float* tau, int thread) const;

 private:
  struct PerThread {
    std::span<float> rows;  ///< a tile of keys during preparation
    std::span<std::int8_t> queries;
    std::span<QuantisedQuery> quantised;
    std::span<float> slack;
    std::span<std::uint16_t> above;  ///< marks of a strip
  };

  const Problem problem_;
  const Tiling& tiling_;
  LogitTiles& tiles_;
  const double scale_;
  std::vector<QuantisedKeys> keys_;  ///< keys of every slot
  std::vector<PerThread> threads_;
};

}  // namespace attnlab
