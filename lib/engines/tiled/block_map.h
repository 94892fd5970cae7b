// The block map: which tiles of keys a tile of queries visits, and whether each is whole or masked. Engines
// take their work from it. FlexAttention calls it BlockMask (arXiv:2412.05496).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "attnlab/core/problem.h"
#include "attnlab/core/workspace.h"
#include "attnlab/variants/pattern.h"

namespace attnlab {

/// A tile of keys that a range of queries must visit.
struct Visit {
  std::int64_t key_tile;
  bool masked;  ///< whether some (query, key) pair is not visible
  bool operator==(const Visit&) const = default;
};

class BlockMap {
 public:
  BlockMap() = default;
  /// Tiles of `query_rows` queries and `key_columns` keys, at most KeyBits::capacity. Maps of patterns that
  /// is_of_few_ranges() are computed when they are used; others are stored in `workspace`.
  BlockMap(const Pattern& pattern, const Shape& shape, std::int64_t query_rows, std::int64_t key_columns,
           Workspace& workspace);

  /// The key tiles that queries first … last-1 of a head visit, in order. The queries are of one tile; if the
  /// map is stored, the visits are those of the whole tile.
  void list_visits(std::int64_t head, std::int64_t first, std::int64_t last,
                   std::vector<Visit>& visits) const;

  std::int64_t query_tiles() const { return query_tiles_; }
  std::int64_t key_tiles() const { return key_tiles_; }
  /// Largest number of key tiles that a query tile of some head visits.
  std::int64_t longest_visit() const { return longest_visit_; }
  /// From the first to the last key that query tiles first … last-1 of some head may see; empty if none.
  KeyRange span_of_keys(std::int64_t first, std::int64_t last) const;

  /// A tile of queries that visits a tile of keys.
  struct Visitor {
    std::int64_t query_tile;
    bool masked;
    bool operator==(const Visitor&) const = default;
  };
  /// The transposed map of a head: for each key tile the query tiles that visit it, in order.
  std::vector<std::vector<Visitor>> visitors(std::int64_t head) const;

 private:
  /// Consecutive key tiles.
  struct Run {
    std::int32_t first, last;  ///< first … last-1
    bool masked;
  };

  /// Returns the range from the first to the last key.
  KeyRange find_visits(std::int64_t head, std::int64_t first, std::int64_t last,
                       std::vector<Visit>& visits) const;

  Pattern pattern_;
  Shape shape_;
  std::int64_t query_rows_ = 0;
  std::int64_t key_columns_ = 0;
  std::int64_t query_tiles_ = 0;
  std::int64_t key_tiles_ = 0;
  std::int64_t longest_visit_ = 0;
  std::vector<KeyRange> spans_;  ///< from the first to the last key of each query tile, of all heads
  bool is_stored_ = false;
  std::int64_t stored_heads_ = 1;  ///< 1 if all heads have the same map
  std::span<Run> runs_;            ///< of (head, query tile)
  std::span<std::int64_t> starts_;
};

}  // namespace attnlab
