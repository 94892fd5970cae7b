// The tiling of a problem: tiles of queries and keys, and the tiles that a pattern requires.
#pragma once

#include <cstdint>
#include <vector>

#include "attnlab/core/cache_sizes.h"
#include "attnlab/core/problem.h"
#include "attnlab/core/workspace.h"
#include "attnlab/engines/tiled/block_map.h"
#include "attnlab/variants/variant.h"

namespace attnlab {

/// Largest tile sizes: the keys and values of a tile take at most half of the second cache, and the logits of
/// a strip at most three quarters of the first.
struct TileLimits {
  std::int64_t key_columns;  ///< a multiple of row_code_columns
  std::int64_t strip_rows;   ///< a multiple of the rows of a register block
};
TileLimits tile_limits(const CacheSizes& caches, const Shape& shape, DType dtype);

/// A stage: some kv heads, a range of queries and the keys that they see, which are prepared and computed
/// together. So a pattern that sees little of a long sequence never needs all keys prepared at once.
struct Stage {
  std::int64_t first_head;  ///< of batch x kv_heads
  std::int64_t heads;
  std::int64_t first_query_tile;
  std::int64_t query_tiles;
  std::int64_t first_key_tile;
  std::int64_t key_tiles;
};

/// Number of keys that no query of a strip sees above which the strip is cut in two.
inline constexpr std::int64_t least_gap = 64;

struct Tiling {
  std::int64_t query_rows;   ///< of a tile of queries
  std::int64_t key_columns;  ///< of a tile of keys: a multiple of row_code_columns
  BlockMap map;
  std::int64_t strip_rows;  ///< queries that are computed together; query_rows if tiles are not cut
  DType dtype;              ///< dtype of prepared queries, keys, values and weights: float32 or bfloat16
  bool cut;                 ///< row code computes only the columns of a tile that a strip sees
  bool in_place;            ///< keys, and values if possible, are used as they are stored
  bool approximated;        ///< 8-bit products may precede; all other products are float32
  std::vector<Stage> stages;
  std::int64_t stage_heads;      ///< largest number of kv heads of a stage
  std::int64_t stage_key_tiles;  ///< largest number of key tiles of a stage

  std::int64_t strips() const { return (query_rows + strip_rows - 1) / strip_rows; }
  std::int64_t slots() const { return stage_heads * stage_key_tiles; }
  /// Largest number of strips of a visit.
  std::int64_t strips_of_visit() const { return strips() * (key_columns / least_gap + 1); }
  /// Largest number of logits of a query if whole rows are stored.
  std::int64_t longest_row() const { return map.longest_visit() * key_columns; }
};

/// One slot for each thread and no stages, for at most short_queries queries, so that every key is used once.
Tiling make_split_tiling(const Variant& variant, const Problem& problem, Workspace& workspace);
inline constexpr std::int64_t short_queries = 48;

/// A tile of keys of a stage, and the slot in which it is prepared.
struct StageTile {
  std::int64_t kv_head;  ///< of batch x kv_heads
  std::int64_t key_tile;
  std::int64_t slot;
};
StageTile tile_of(const Tiling& tiling, const Stage& stage, std::int64_t index);
std::int64_t slot_of(const Tiling& tiling, const Stage& stage, std::int64_t kv_head, std::int64_t key_tile);

/// Sequences are cut evenly, so that the last tile is nearly full.
/// The block map takes its memory from `workspace`.
Tiling make_tiling(const Variant& variant, const Problem& problem, Workspace& workspace);

/// A strip: rows of a tile of queries and columns of a tile of keys that are computed together.
struct Strip {
  std::int64_t first_row;
  std::int64_t rows;
  std::int64_t first_column;  ///< a multiple of row_code_columns, as `columns` is
  std::int64_t columns;
  bool masked;
};

/// The strips of one visit of queries first … last-1 of a head. Together they contain every visible (query,
/// key) pair.
void list_strips(const Pattern& pattern, const Shape& shape, const Tiling& tiling, const Visit& visit,
                 std::int64_t head, std::int64_t first, std::int64_t last, std::vector<Strip>& strips);

}  // namespace attnlab
