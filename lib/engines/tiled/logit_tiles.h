// Tiles of logits: prepared keys of every head, prepared queries of the tile at hand, their product (or
// pairwise score), modifiers and mask. What both drivers of the tiled engine start from.
#pragma once

#include <cstdint>
#include <dnnl.hpp>
#include <memory>
#include <optional>
#include <vector>

#include "core/workspace.h"
#include "engines/engine.h"
#include "engines/tile_product.h"
#include "engines/tiled/tiling.h"
#include "rows/rows.h"

namespace attnlab {

/// Blocks of at most this many queries have a product of their own.
inline constexpr std::int64_t short_block_rows = 8;

/// Consecutive queries of one head.
struct QueryBlock {
  std::int64_t batch = 0;
  std::int64_t head = 0;
  std::int64_t first = 0;
  std::int64_t rows = 0;
};

class LogitTiles {
 public:
  /// Takes workspace_bytes of `workspace`. Blocks of up to tiling.query_rows queries.
  LogitTiles(const Variant& variant, const Problem& problem, const Tiling& tiling, Workspace& workspace);

  static std::int64_t workspace_bytes(const Variant& variant, const Problem& problem, const Tiling& tiling);

  /// Prepares the keys of every kv head; called by all threads of a parallel region together.
  void prepare_keys(const Inputs& inputs, int thread);

  /// Prepares the queries of `block` for thread `thread`.
  void load_queries(const Inputs& inputs, const QueryBlock& block, int thread);

  /// Where logits() leaves them, for every tile: thread `thread`'s own.
  float* logits_data(int thread) const { return threads_[static_cast<std::size_t>(thread)].logits.data(); }

  /// Logits of the loaded block against one tile of keys: -inf where not visible.
  LogitTile logits(const Inputs& inputs, const QueryBlock& block, const Visit& visit, int thread);

  const RowCode& rows() const { return rows_; }

 private:
  struct Sizes;
  struct PerThread {
    std::span<float> logits;
    std::span<std::byte> queries;
    std::span<std::byte> unpacked_keys;
    std::span<float> row;
    dnnl::memory left, unpacked, result, scratch;
    dnnl::memory short_left, short_result, short_scratch;
    std::unique_ptr<dnnl::stream> stream;
    std::vector<Modifier> modifiers;
  };

  void mask(const QueryBlock& block, const LogitTile& tile) const;

  const Variant& variant_;
  const Problem problem_;
  const Tiling tiling_;
  const RowCode& rows_;
  const bool pairwise_;
  std::optional<TileProduct> product_;
  std::optional<TileProduct> short_product_;  ///< of the same packed keys
  std::span<float> pairwise_keys_;
  std::vector<dnnl::memory> packed_keys_;  ///< (batch, kv head, key tile)
  std::vector<PerThread> threads_;
};

}  // namespace attnlab
