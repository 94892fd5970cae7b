// The block map of random patterns and tile sizes against the mask by definition, pair by pair.
#include "attnlab/engines/tiled/block_map.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <string>
#include <vector>

#include "support/random_pattern.h"

namespace attnlab {
namespace {

/// The visible pairs of a head: mask[i][j].
using Mask = std::vector<std::vector<bool>>;

Mask mask_of(const std::string& pattern, const Shape& shape, std::int64_t head) {
  Mask mask(static_cast<std::size_t>(shape.seqlen_q));
  for (std::int64_t i = 0; i < shape.seqlen_q; ++i)
    for (std::int64_t j = 0; j < shape.seqlen_k; ++j)
      mask[static_cast<std::size_t>(i)].push_back(visible_by_definition(pattern, shape, head, i, j));
  return mask;
}

struct Tiles {
  std::int64_t query_rows, key_columns;
};

/// Every pair that queries first … last-1 see lies in a visit, and those that are not masked have all pairs.
void check_visits(const std::vector<Visit>& visits, const Mask& mask, std::int64_t first, std::int64_t last,
                  std::int64_t key_columns) {
  const auto keys = std::ssize(mask[0]);
  for (std::size_t t = 1; t < visits.size(); ++t) RC_ASSERT(visits[t - 1].key_tile < visits[t].key_tile);
  for (std::int64_t i = first; i < last; ++i)
    for (std::int64_t j = 0; j < keys; ++j) {
      const auto visit = std::find_if(visits.begin(), visits.end(),
                                      [&](const Visit& of) { return of.key_tile == j / key_columns; });
      if (mask[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)])
        RC_ASSERT(visit != visits.end());
      else
        RC_ASSERT(visit == visits.end() || visit->masked);
    }
}

void check_head(const BlockMap& map, const Mask& mask, const Shape& shape, const Tiles& tiles,
                std::int64_t head) {
  std::vector<Visit> visits;
  std::vector<std::vector<BlockMap::Visitor>> transposed(static_cast<std::size_t>(map.key_tiles()));
  for (std::int64_t tile = 0; tile < map.query_tiles(); ++tile) {
    const std::int64_t first = tile * tiles.query_rows;
    const std::int64_t last = std::min(first + tiles.query_rows, shape.seqlen_q);
    map.list_visits(head, first, last, visits);
    check_visits(visits, mask, first, last, tiles.key_columns);
    RC_ASSERT(std::ssize(visits) <= map.longest_visit());
    const KeyRange span = map.span_of_keys(tile, tile + 1);
    for (std::int64_t i = first; i < last; ++i)
      for (std::int64_t j = 0; j < shape.seqlen_k; ++j)
        if (mask[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)])
          RC_ASSERT(span.begin <= j && j < span.end);
    for (const auto& [key_tile, masked] : visits)
      transposed[static_cast<std::size_t>(key_tile)].push_back({tile, masked});
    // Some of the queries of the tile.
    const std::int64_t from = *rc::gen::inRange(first, last);
    const std::int64_t to = *rc::gen::inRange(from + 1, last + 1);
    map.list_visits(head, from, to, visits);
    check_visits(visits, mask, from, to, tiles.key_columns);
  }
  RC_ASSERT(map.visitors(head) == transposed);
}

TEST(BlockMap, VisitsEveryVisiblePairAndPromisesNoOther) {
  EXPECT_TRUE(rc::check([] {
    const Shape shape = random_shape_of_pattern(50);
    const std::string expression = random_pattern(2, shape);
    const Tiles tiles{*rc::gen::inRange<std::int64_t>(1, 30), *rc::gen::inRange<std::int64_t>(1, 30)};
    Workspace workspace;
    const BlockMap map(Pattern::parse(expression), shape, tiles.query_rows, tiles.key_columns, workspace);
    RC_ASSERT(map.query_tiles() == (shape.seqlen_q + tiles.query_rows - 1) / tiles.query_rows);
    RC_ASSERT(map.key_tiles() == (shape.seqlen_k + tiles.key_columns - 1) / tiles.key_columns);
    for (std::int64_t head = 0; head < shape.heads; ++head)
      check_head(map, mask_of(expression, shape, head), shape, tiles, head);
  }));
}

TEST(BlockMap, SkipsTilesWithoutAVisiblePair) {
  // 100 keys in tiles of 10, and the last ten queries.
  const Shape shape{1, 1, 1, 100, 100, 1, 1};
  const auto visited = [&](const char* pattern) {
    Workspace workspace;
    const BlockMap map(Pattern::parse(pattern), shape, 10, 10, workspace);
    std::vector<Visit> visits;
    map.list_visits(0, 90, 100, visits);
    std::string tiles(10, '.');
    for (const auto& [key_tile, masked] : visits)
      tiles[static_cast<std::size_t>(key_tile)] = masked ? 'm' : 'x';
    return tiles;
  };
  EXPECT_EQ(visited("full"), "xxxxxxxxxx");
  EXPECT_EQ(visited("causal"), "xxxxxxxxxm");
  EXPECT_EQ(visited("causal&(sink(4)|window(11))"), "m.......mm");
  EXPECT_EQ(visited("causal&(sink(10)|window(10))"), "x.......mm");
  EXPECT_EQ(visited("fixed(40,10)"), "...x...xxm");
  EXPECT_EQ(visited("strided(40)"), ".m...mxxxm");
  EXPECT_EQ(visited("dilated(2,40)"), ".m...m...m");
  EXPECT_EQ(visited("bigbird(10,3,1,0)"), "x.......xx");
  EXPECT_EQ(visited("neighbourhood(10,10,3)"), ".......mmm");
  EXPECT_EQ(visited("neighbourhood(20,5,5)"), ".......mxx");
  EXPECT_EQ(visited("prefix(20)"), "xxxxxxxxxm");
  EXPECT_EQ(visited("global(3)"), "m.........");
  EXPECT_EQ(visited("!causal"), ".........m");
}

}  // namespace
}  // namespace attnlab
