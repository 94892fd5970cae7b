#include "engines/tiled/tiling.h"

#include <algorithm>

#include "engines/operands.h"
#include "rows/rows.h"

namespace attnlab {

namespace {

constexpr std::int64_t wide_query_rows = 128;
constexpr std::int64_t wide_key_columns = 256;
constexpr std::int64_t narrow_query_rows = 128;
constexpr std::int64_t narrow_key_columns = 128;

/// `size` in the fewest pieces of at most `largest`, all of one length rounded up to `step`.
std::int64_t even_piece(std::int64_t size, std::int64_t largest, std::int64_t step) {
  const std::int64_t pieces = (size + largest - 1) / largest;
  return rounded_up((size + pieces - 1) / pieces, step);
}

/// Longest row of the pattern, of 16 spread over the queries.
std::int64_t longest_row(const Pattern& pattern, const Shape& shape) {
  std::int64_t longest = 0;
  for (std::int64_t t = 0; t < 16; ++t)
    longest = std::max(longest, pattern.keys(shape, t * (shape.seqlen_q - 1) / 15).count());
  return longest;
}

}  // namespace

Tiling make_tiling(const Variant& variant, const Problem& problem) {
  const Shape& shape = problem.shape;
  const bool narrow =
      longest_row(variant.pattern, shape) < 4 * wide_key_columns && shape.seqlen_k > 4 * wide_key_columns;
  Tiling tiling{};
  tiling.query_rows = even_piece(shape.seqlen_q, narrow ? narrow_query_rows : wide_query_rows, 1);
  tiling.key_columns =
      even_piece(shape.seqlen_k, narrow ? narrow_key_columns : wide_key_columns, row_code_columns);
  tiling.query_tiles = (shape.seqlen_q + tiling.query_rows - 1) / tiling.query_rows;
  tiling.key_tiles = (shape.seqlen_k + tiling.key_columns - 1) / tiling.key_columns;
  std::vector<Visit> visits;
  for (std::int64_t tile = 0; tile < tiling.query_tiles; ++tile) {
    const std::int64_t first = tile * tiling.query_rows;
    list_visits(variant.pattern, shape, tiling, first, std::min(first + tiling.query_rows, shape.seqlen_q),
                visits);
    tiling.longest_visit = std::max(tiling.longest_visit, static_cast<std::int64_t>(visits.size()));
  }
  return tiling;
}

void list_visits(const Pattern& pattern, const Shape& shape, const Tiling& tiling, std::int64_t first,
                 std::int64_t last, std::vector<Visit>& visits) {
  visits.clear();
  const KeySet seen_by_all = pattern.keys_of_all(shape, first, last);
  std::int64_t next = 0;
  for (const KeyRange& range : pattern.keys_of_any(shape, first, last)) {
    for (next = std::max(next, range.begin / tiling.key_columns); next * tiling.key_columns < range.end;
         ++next) {
      const KeyRange tile{next * tiling.key_columns, (next + 1) * tiling.key_columns};
      visits.push_back({next, !seen_by_all.covers(tile)});
    }
  }
}

}  // namespace attnlab
