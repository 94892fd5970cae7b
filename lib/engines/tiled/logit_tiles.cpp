#include "attnlab/engines/tiled/logit_tiles.h"

#include <algorithm>
#include <limits>

#include "attnlab/engines/onednn_cpu.h"
#include "attnlab/engines/prepared_rows.h"
#include "attnlab/engines/stored_head.h"
#include "attnlab/engines/tile_product.h"
#include "attnlab/engines/visible_keys.h"

namespace attnlab {

namespace {

bool is_pairwise(const Variant& variant) { return variant.score.kind() == ScoreKind::pairwise; }

/// Whether oneDNN computes the products. Row code computes float32 products and pairwise scores.
std::optional<TileProduct> make_product(const Variant& variant, const Problem& problem, const Tiling& tiling,
                                        std::int64_t rows, const TileProduct* packing) {
  if (tiling.cut) return std::nullopt;
  const std::int64_t width = variant.score.width(problem.shape.head_dim);
  return TileProduct(tiling.dtype, rows, tiling.key_columns, width, width, tiling.key_columns,
                     PackFrom::columns, false,
                     factor_of_score(variant.score, problem.shape.head_dim, tiling.dtype).product, packing);
}

std::optional<TileProduct> make_short_product(const Variant& variant, const Problem& problem,
                                              const Tiling& tiling,
                                              const std::optional<TileProduct>& product) {
  return make_product(variant, problem, tiling, short_block_rows, product ? &*product : nullptr);
}

/// Columns of a tile of keys in its slot; 0 if keys are used as they are stored.
std::int64_t panel_columns(const Variant& variant, const Tiling& tiling) {
  if (tiling.in_place) return 0;
  return is_pairwise(variant) ? tiling.key_columns
                              : rounded_up(tiling.key_columns, row_code(isa_level()).panel_width);
}

}  // namespace

std::int64_t count_blocks(const Shape& shape, const Stage& stage) {
  return stage.heads * (shape.heads / shape.kv_heads) * stage.query_tiles;
}

QueryBlock block_of(const Shape& shape, const Tiling& tiling, const Stage& stage, std::int64_t index) {
  const std::int64_t heads = stage.heads * (shape.heads / shape.kv_heads);
  const std::int64_t head = stage.first_head * (shape.heads / shape.kv_heads) + index % heads;
  const std::int64_t tile = stage.first_query_tile + stage.query_tiles - 1 - index / heads;
  const std::int64_t first = tile * tiling.query_rows;
  return {head / shape.heads, head % shape.heads, first, std::min(tiling.query_rows, shape.seqlen_q - first)};
}

LogitTiles::LogitTiles(const Variant& variant, const Problem& problem, const Tiling& tiling,
                       Workspace& workspace)
    : variant_(variant),
      modifiers_(logit_modifiers(variant)),
      problem_(problem),
      tiling_(tiling),
      rows_(row_code(isa_level())),
      pairwise_(is_pairwise(variant)),
      leaves_keys_(leaves_keys(variant)),
      factor_(factor_of_score(variant.score, problem.shape.head_dim, tiling.dtype).product),
      product_(make_product(variant, problem, tiling, tiling.query_rows, nullptr)),
      short_product_(make_short_product(variant, problem, tiling, product_)) {
  const std::int64_t width = variant.score.width(problem.shape.head_dim);
  const std::int64_t element = size_bytes(tiling.dtype);
  const std::int64_t rows = product_ ? std::max(tiling.query_rows, short_block_rows) : tiling.query_rows;
  const RowFact fact = row_fact(variant.modifiers);
  const std::int64_t fact_rows = fact == RowFact::none ? 0 : tiling.query_rows;
  const std::int64_t entropy_rows = fact == RowFact::entropy ? tiling.query_rows : 0;
  key_stride_ = Workspace::rounded(product_ ? product_->packed_bytes()
                                            : panel_columns(variant, tiling) * width * element);
  keys_ = workspace.allocate<std::byte>(tiling.slots() * key_stride_);
  for (std::int64_t at = 0; product_ && at < std::ssize(keys_); at += key_stride_)
    packed_keys_.push_back(product_->packed(keys_.data() + at));
  threads_.resize(static_cast<std::size_t>(problem.threads));
  for (PerThread& own : threads_) {
    std::byte* scratch = workspace.allocate_bytes(product_ ? product_->scratch_bytes() : 0);
    std::byte* short_scratch = workspace.allocate_bytes(product_ ? short_product_->scratch_bytes() : 0);
    own.logits = workspace.allocate<float>((product_ ? rows : tiling.strip_rows) * tiling.key_columns);
    own.queries = workspace.allocate<std::byte>(rows * width * element);
    own.unpacked_keys = workspace.allocate<std::byte>(tiling.key_columns * width * element);
    own.row = workspace.allocate<float>(width + problem.shape.head_dim);
    own.facts = workspace.allocate<RowFacts>(fact_rows);
    own.maximum = workspace.allocate<float>(entropy_rows);
    own.sums = workspace.allocate<float>(entropy_rows * row_code_columns);
    own.weights = workspace.allocate<WeightSums>(entropy_rows);
    own.visits.reserve(static_cast<std::size_t>(tiling.map.longest_visit()));
    own.strips.reserve(static_cast<std::size_t>(tiling.strips_of_visit()));
    own.modifiers.reserve(modifiers_.size());
    if (!product_) continue;
    own.stream = std::make_unique<dnnl::stream>(onednn_cpu());
    own.left = product_->left(own.queries.data());
    own.unpacked = product_->unpacked(own.unpacked_keys.data());
    own.result = product_->result(own.logits.data());
    own.scratch = product_->scratch(scratch);
    own.short_left = short_product_->left(own.queries.data());
    own.short_result = short_product_->result(own.logits.data());
    own.short_scratch = short_product_->scratch(short_scratch);
  }
}

void LogitTiles::prepare_keys(const Inputs& inputs, std::int64_t kv_head, std::int64_t key_tile,
                              std::int64_t slot, int thread) {
  if (tiling_.in_place) return;
  PerThread& own = threads_[static_cast<std::size_t>(thread)];
  const Shape& shape = problem_.shape;
  const std::int64_t columns = tiling_.key_columns;
  const std::int64_t width = variant_.score.width(problem_.shape.head_dim);
  const std::int64_t first = key_tile * columns;
  const std::int64_t batch = kv_head / shape.kv_heads;
  const std::int64_t head = kv_head % shape.kv_heads;
  auto* packed = reinterpret_cast<float*>(keys_.data() + slot * key_stride_);
  const std::int64_t stride_bytes = inputs.k.stride[2] * size_bytes(inputs.k.dtype);
  if (!product_ && !pairwise_ && inputs.k.dtype == tiling_.dtype && !variant_.score.transforms_keys() &&
      first + columns <= shape.seqlen_k && stride_bytes % 4 == 0) {
    rows_.pack_transposed(reinterpret_cast<const float*>(inputs.k.row(batch, head, first)), stride_bytes / 4,
                          columns, words(), packed);
    return;
  }
  prepare_rows(variant_, inputs, Operand::key, batch, head, first, columns, tiling_.dtype, own.row,
               own.unpacked_keys.data());
  const auto* unpacked = reinterpret_cast<const float*>(own.unpacked_keys.data());
  if (product_) {
    product_->pack(*own.stream, own.unpacked, packed_keys_[static_cast<std::size_t>(slot)]);
  } else if (!pairwise_) {
    rows_.pack_transposed(unpacked, words(), columns, words(), packed);
  } else {
    // The pairwise kernel needs the keys of one hidden unit to be contiguous.
    for (std::int64_t unit = 0; unit < width; ++unit)
      for (std::int64_t j = 0; j < columns; ++j) packed[unit * columns + j] = unpacked[j * width + unit];
  }
}

void LogitTiles::load_queries(const Inputs& inputs, const QueryBlock& block, int thread) {
  PerThread& own = threads_[static_cast<std::size_t>(thread)];
  const std::int64_t rows = !product_                        ? block.rows
                            : block.rows <= short_block_rows ? short_block_rows
                                                             : tiling_.query_rows;
  prepare_rows(variant_, inputs, Operand::query, block.batch, block.head, block.first, rows, tiling_.dtype,
               own.row, own.queries.data());
  own.modifiers.clear();
  for (const Modifier& modifier : modifiers_)
    own.modifiers.push_back(modifier.for_head(block.head, problem_.shape.heads, weights_of(inputs)));
  if (own.facts.empty()) return;
  find_row_facts(variant_, problem_.shape, inputs, block.batch, block.head, block.first,
                 own.row.subspan(0, static_cast<std::size_t>(problem_.shape.head_dim)),
                 own.facts.subspan(0, static_cast<std::size_t>(block.rows)));
}

void LogitTiles::open(const Inputs& inputs, const Stage& stage, const QueryBlock& block, int thread) {
  tiling_.map.list_visits(block.head, block.first, block.first + block.rows,
                          threads_[static_cast<std::size_t>(thread)].visits);
  load_queries(inputs, block, thread);
  if (row_fact(variant_.modifiers) == RowFact::entropy) find_entropies(inputs, stage, block, thread);
}

/// Computes entropies by a pass over the logits of the block, after the modifiers before the one that needs
/// them.
void LogitTiles::find_entropies(const Inputs& inputs, const Stage& stage, const QueryBlock& block,
                                int thread) {
  PerThread& own = threads_[static_cast<std::size_t>(thread)];
  const auto asks = [](const Modifier& modifier) { return modifier.fact() == RowFact::entropy; };
  const auto asking = std::find_if(own.modifiers.begin(), own.modifiers.end(), asks);
  const std::ptrdiff_t before = asking - own.modifiers.begin();
  own.modifiers.erase(asking, own.modifiers.end());
  std::fill(own.maximum.begin(), own.maximum.end(), -std::numeric_limits<float>::infinity());
  std::fill(own.sums.begin(), own.sums.end(), 0.0F);
  std::fill(own.weights.begin(), own.weights.end(), WeightSums{});
  for_each_strip(stage, block, thread, [&](const Visit& visit, const Strip& strip, std::int64_t slot) {
    rows_.measure_entropy(logits(inputs, slot, block, visit, strip, thread),
                          {own.maximum.data() + strip.first_row,
                           own.sums.data() + strip.first_row * row_code_columns, nullptr, 0, 0},
                          own.weights.data() + strip.first_row);
  });
  for (std::size_t t = 0; t < static_cast<std::size_t>(block.rows); ++t)
    own.facts[t].entropy = own.weights[t].entropy();
  std::for_each(modifiers_.begin() + before, modifiers_.end(), [&](const Modifier& modifier) {
    own.modifiers.push_back(modifier.for_head(block.head, problem_.shape.heads, weights_of(inputs)));
  });
}

std::int64_t LogitTiles::words() const {
  return variant_.score.width(problem_.shape.head_dim) * size_bytes(tiling_.dtype) / 4;
}

LogitTile LogitTiles::place(const QueryBlock& block, const Visit& visit, const Strip& strip,
                            int thread) const {
  const PerThread& own = threads_[static_cast<std::size_t>(thread)];
  return {own.logits.data(),
          tiling_.key_columns,
          strip.rows,
          strip.columns,
          problem_.shape.position(block.first + strip.first_row),
          visit.key_tile * tiling_.key_columns + strip.first_column,
          own.facts.empty() ? nullptr : own.facts.data() + strip.first_row};
}

LogitTile LogitTiles::logits(const Inputs& inputs, std::int64_t slot, const QueryBlock& block,
                             const Visit& visit, const Strip& strip, int thread) {
  PerThread& own = threads_[static_cast<std::size_t>(thread)];
  const LogitTile tile = place(block, visit, strip, thread);
  const auto* keys = reinterpret_cast<const float*>(keys_.data() + slot * key_stride_);
  const auto* queries = reinterpret_cast<const float*>(own.queries.data()) + strip.first_row * words();
  if (product_) {
    const dnnl::memory& packed = packed_keys_[static_cast<std::size_t>(slot)];
    if (block.rows <= short_block_rows)
      short_product_->multiply(*own.stream, own.short_left, packed, own.short_result, own.short_scratch);
    else
      product_->multiply(*own.stream, own.left, packed, own.result, own.scratch);
  } else if (pairwise_) {
    rows_.pairwise(variant_.score.net(problem_.shape.head_dim, *inputs.weights), queries,
                   keys + strip.first_column, tiling_.key_columns, tile);
  } else if (tiling_.in_place) {
    StoredRows stored = stored_rows(inputs.k, block.batch, problem_.shape.kv_head(block.head));
    stored.first += tile.first_key * stored.stride_bytes;
    (tiling_.dtype == DType::f32 ? rows_.score_stored : rows_.score_stored_pairs)(
        queries, stored, std::min(tile.columns, problem_.shape.seqlen_k - tile.first_key), factor_, tile);
  } else {
    const Panels panels{keys, rows_.panel_width * words(), rows_.panel_width};
    if (tiling_.dtype == DType::f32)  // the queries contain the factor
      rows_.multiply(queries, words(), panels, words(), strip.first_column, strip.columns, strip.rows,
                     tile.logits, tile.stride, false);
    else
      rows_.multiply_pairs(queries, words(), panels, words(), strip.first_column, strip.columns, strip.rows,
                           tile.logits, tile.stride, false, factor_);
  }
  for (const Modifier& modifier : own.modifiers) rows_.modify(modifier, tile);
  mask(block, strip, tile);
  return tile;
}

void LogitTiles::mask(const QueryBlock& block, const Strip& strip, const LogitTile& tile) const {
  if (strip.masked || leaves_keys_)
    mask_logits(variant_.pattern, problem_.shape, block.head, block.first + strip.first_row, tile);
}

}  // namespace attnlab
