#include "attnlab/engines/tiled/tiling.h"

#include <algorithm>

#include "attnlab/engines/product_choice.h"
#include "attnlab/kernels/rows.h"

namespace attnlab {

namespace {

// Measured on attention with n = 4096, d = 64 (Sapphire Rapids class, 48 KiB and 2 MiB; Zen 4, 32 KiB and
// 1 MiB): larger tiles are no faster.
constexpr std::int64_t largest_query_rows = 144;
constexpr std::int64_t largest_key_columns = 512;
constexpr std::int64_t largest_strip_rows = 24;
constexpr std::int64_t row_step = 6;  // rows of a register block

// oneDNN's products have one size for all tiles, which is wasteful for windows.
constexpr std::int64_t uncut_query_rows = 128;
constexpr std::int64_t uncut_key_columns = 256;
constexpr std::int64_t uncut_narrow_key_columns = 128;

/// Blocks of queries for each thread in a stage, so that no thread waits long at the end.
constexpr std::int64_t blocks_per_thread = 64;

/// Number of queries of a kv head up to which packing its keys takes longer than it saves.
constexpr std::int64_t in_place_rows = 16;

/// For rows that see fewer keys it does not pay to prepare keys and queries twice.
constexpr std::int64_t least_approximated_keys = 768;

/// Length of the pieces when `size` is cut into the fewest equal pieces of at most `largest`, rounded up to
/// `step`.
std::int64_t even_piece(std::int64_t size, std::int64_t largest, std::int64_t step) {
  const std::int64_t pieces = (size + largest - 1) / largest;
  return rounded_up((size + pieces - 1) / pieces, step);
}

std::int64_t pieces(std::int64_t size, std::int64_t piece) { return (size + piece - 1) / piece; }

/// Number of keys from the first to the last that the query in the middle sees.
std::int64_t keys_in_the_middle(const Pattern& pattern, const Shape& shape) {
  const KeySet keys = pattern.keys(shape, 0, shape.seqlen_q / 2);
  return keys.empty() ? 0 : std::prev(keys.end())->end - keys.begin()->begin;
}

void list_stages(const Problem& problem, Tiling& tiling) {
  const Shape& shape = problem.shape;
  std::int64_t longest = 0;
  for (std::int64_t tile = 0; tile < tiling.map.query_tiles(); ++tile) {
    const KeyRange keys = tiling.map.span_of_keys(tile, tile + 1);
    longest = std::max(longest, keys.end - keys.begin);
  }
  // Keys at the border of two stages are prepared twice: at most one in five.
  const std::int64_t query_tiles =
      4 * longest < shape.seqlen_k
          ? std::clamp(pieces(4 * longest, tiling.query_rows), std::int64_t{1}, tiling.map.query_tiles())
          : tiling.map.query_tiles();
  const std::int64_t heads = shape.batch * shape.kv_heads;
  const std::int64_t blocks_of_head = query_tiles * (shape.heads / shape.kv_heads);
  const std::int64_t stage_heads =
      std::min(heads, pieces(blocks_per_thread * problem.threads, blocks_of_head));
  for (std::int64_t head = 0; head < heads; head += stage_heads)
    for (std::int64_t tile = 0; tile < tiling.map.query_tiles(); tile += query_tiles) {
      Stage stage{head, std::min(stage_heads, heads - head),
                  tile, std::min(query_tiles, tiling.map.query_tiles() - tile),
                  0,    0};
      const KeyRange keys = tiling.map.span_of_keys(tile, tile + stage.query_tiles);
      stage.first_key_tile = keys.begin / tiling.key_columns;
      stage.key_tiles = pieces(keys.end, tiling.key_columns) - stage.first_key_tile;
      tiling.stage_heads = std::max(tiling.stage_heads, stage.heads);
      tiling.stage_key_tiles = std::max(tiling.stage_key_tiles, stage.key_tiles);
      tiling.stages.push_back(stage);
    }
}

}  // namespace

namespace {

/// Tiles whose strips are cut to the visible columns.
Tiling cut_tiling(const Shape& shape, DType dtype) {
  const TileLimits limits = tile_limits(cache_sizes(), shape, dtype);
  Tiling tiling{};
  tiling.cut = true;
  tiling.query_rows = even_piece(shape.seqlen_q, largest_query_rows, row_step);
  tiling.key_columns = even_piece(shape.seqlen_k, limits.key_columns, row_code_columns);
  tiling.strip_rows = even_piece(tiling.query_rows, limits.strip_rows, row_step);
  return tiling;
}

/// Tiles for oneDNN's products.
Tiling uncut_tiling(const Pattern& pattern, const Shape& shape, DType dtype) {
  const std::int64_t most = std::min(uncut_key_columns, tile_limits(cache_sizes(), shape, dtype).key_columns);
  const bool narrow = keys_in_the_middle(pattern, shape) < 4 * most;
  Tiling tiling{};
  tiling.query_rows = even_piece(shape.seqlen_q, uncut_query_rows, 1);
  tiling.key_columns =
      even_piece(shape.seqlen_k, narrow ? std::min(uncut_narrow_key_columns, most) : most, row_code_columns);
  tiling.strip_rows = tiling.query_rows;
  return tiling;
}

/// Whether 8-bit products are used: a row_threshold normaliser, dot products with unmodified keys, rows that
/// see enough keys, and a level with fast 8-bit products.
bool suits_approximation(const Variant& variant, const Shape& shape) {
  if (variant.normaliser.kind() != NormaliserKind::row_threshold || !variant.modifiers.empty() ||
      variant.score.kind() != ScoreKind::product || variant.score.transforms_keys() ||
      row_code(isa_level()).approximate == nullptr)
    return false;
  return keys_in_the_middle(variant.pattern, shape) >= least_approximated_keys;
}

/// Depth of products in row code, which multiplies bfloat16 in pairs along the depth.
DType row_code_dtype(const Variant& variant, const Problem& problem) {
  return variant.score.kind() == ScoreKind::pairwise || variant.score.width(problem.shape.head_dim) % 2 != 0
             ? DType::f32
             : product_dtype(variant, problem);
}

}  // namespace

TileLimits tile_limits(const CacheSizes& caches, const Shape& shape, DType dtype) {
  const auto rounded_down = [](std::int64_t size, std::int64_t step) {
    return std::max(size / step, std::int64_t{1}) * step;
  };
  const std::int64_t key_bytes = (shape.head_dim + shape.head_dim_v) * size_bytes(dtype);
  TileLimits limits{};
  limits.key_columns =
      std::min(largest_key_columns, rounded_down(caches.second / 2 / key_bytes, row_code_columns));
  limits.strip_rows =
      std::min(largest_strip_rows, rounded_down(caches.first * 3 / 4 / (limits.key_columns * 4), row_step));
  return limits;
}

Tiling make_tiling(const Variant& variant, const Problem& problem, Workspace& workspace) {
  const bool approximated = suits_approximation(variant, problem.shape);
  const bool cut = approximated || variant.score.kind() == ScoreKind::pairwise ||
                   product_dtype(variant, problem) == DType::f32 || bf16_products() == Bf16Products::row_code;
  const DType dtype = approximated ? DType::f32
                      : cut        ? row_code_dtype(variant, problem)
                                   : product_dtype(variant, problem);
  Tiling tiling =
      cut ? cut_tiling(problem.shape, dtype) : uncut_tiling(variant.pattern, problem.shape, dtype);
  tiling.dtype = dtype;
  tiling.approximated = approximated;
  tiling.map = BlockMap(variant.pattern, problem.shape, tiling.query_rows, tiling.key_columns, workspace);
  list_stages(problem, tiling);
  return tiling;
}

Tiling make_split_tiling(const Variant& variant, const Problem& problem, Workspace& workspace) {
  const DType dtype =
      bf16_products() == Bf16Products::row_code ? row_code_dtype(variant, problem) : DType::f32;
  Tiling tiling = cut_tiling(problem.shape, dtype);
  tiling.dtype = dtype;
  tiling.in_place = problem.shape.seqlen_q * problem.shape.heads <= in_place_rows * problem.shape.kv_heads &&
                    variant.score.kind() == ScoreKind::product && !variant.score.transforms_keys();
  tiling.map = BlockMap(variant.pattern, problem.shape, tiling.query_rows, tiling.key_columns, workspace);
  tiling.stage_heads = 1;
  tiling.stage_key_tiles = problem.threads;
  return tiling;
}

StageTile tile_of(const Tiling& tiling, const Stage& stage, std::int64_t index) {
  const std::int64_t kv_head = stage.first_head + index / stage.key_tiles;
  const std::int64_t key_tile = stage.first_key_tile + index % stage.key_tiles;
  return {kv_head, key_tile, slot_of(tiling, stage, kv_head, key_tile)};
}

std::int64_t slot_of(const Tiling& tiling, const Stage& stage, std::int64_t kv_head, std::int64_t key_tile) {
  return (kv_head - stage.first_head) * tiling.stage_key_tiles + key_tile - stage.first_key_tile;
}

namespace {

/// Adds the keys of a set to `bits`.
void add(const KeySet& keys, KeyBits& bits) {
  for (const KeyRange& range : keys) bits.add(range);
}

/// Keys of a tile that some query of a strip, and that all of them, see.
struct SeenKeys {
  KeyBits any, all;
};

SeenKeys seen_keys(const Pattern& pattern, const Shape& shape, std::int64_t head, std::int64_t first,
                   std::int64_t last, KeyRange tile) {
  SeenKeys seen{KeyBits(tile), KeyBits(tile)};
  if (pattern.is_of_few_ranges()) {
    add(pattern.keys_of_any(shape, head, first, last), seen.any);
    add(pattern.keys_of_all(shape, head, first, last), seen.all);
    return seen;
  }
  seen.all.add(tile);
  for (std::int64_t i = first; i < last; ++i) {
    const KeyBits own = pattern.keys_within(shape, head, i, tile);
    seen.any |= own;
    seen.all &= own;
  }
  return seen;
}

}  // namespace

void list_strips(const Pattern& pattern, const Shape& shape, const Tiling& tiling, const Visit& visit,
                 std::int64_t head, std::int64_t first, std::int64_t last, std::vector<Strip>& strips) {
  strips.clear();
  const std::int64_t first_key = visit.key_tile * tiling.key_columns;
  const KeyRange tile{first_key, first_key + tiling.key_columns};
  for (std::int64_t row = 0; row < last - first; row += tiling.strip_rows) {
    Strip strip{row, std::min(tiling.strip_rows, last - first - row), 0, tiling.key_columns, visit.masked};
    if (!visit.masked || !tiling.cut) {
      strips.push_back(strip);
      continue;
    }
    const auto [any, all] = seen_keys(pattern, shape, head, first + row, first + row + strip.rows, tile);
    for (KeyRange keys = any.next(tile.begin); keys.begin < tile.end;) {
      KeyRange next = any.next(keys.end);
      for (; next.begin < tile.end && next.begin - keys.end < least_gap; next = any.next(keys.end))
        keys.end = next.end;
      strip.first_column = (keys.begin - first_key) / row_code_columns * row_code_columns;
      strip.columns = rounded_up(keys.end - first_key, row_code_columns) - strip.first_column;
      const std::int64_t begin = first_key + strip.first_column;
      const KeyRange visible = all.next(begin);
      strip.masked = visible.begin > begin || visible.end < begin + strip.columns;
      strips.push_back(strip);
      keys = next;
    }
  }
}

}  // namespace attnlab
