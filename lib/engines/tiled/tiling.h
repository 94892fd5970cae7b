// How a problem is cut into tiles of queries and keys, and which tiles a pattern leaves to do.
#pragma once

#include <cstdint>
#include <vector>

#include "core/problem.h"
#include "variants/variant.h"

namespace attnlab {

struct Tiling {
  std::int64_t query_rows;   ///< of a tile of queries
  std::int64_t key_columns;  ///< of a tile of keys: a multiple of row_code_columns
  std::int64_t query_tiles;
  std::int64_t key_tiles;
  std::int64_t longest_visit;  ///< most key tiles that any query tile visits
};

/// Sequences are cut evenly, so that the last tile is nearly as full as the others. Narrow patterns get
/// narrow tiles.
Tiling make_tiling(const Variant& variant, const Problem& problem);

/// One tile of keys that a range of queries has to visit.
struct Visit {
  std::int64_t key_tile;
  bool masked;  ///< some (query, key) of it is not visible
};

/// The key tiles that queries first … last-1 see, in order.
void list_visits(const Pattern& pattern, const Shape& shape, const Tiling& tiling, std::int64_t first,
                 std::int64_t last, std::vector<Visit>& visits);

}  // namespace attnlab
