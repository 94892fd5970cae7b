#include "engines/tiled/logit_tiles.h"

#include <algorithm>
#include <limits>

#include "engines/operands.h"

namespace attnlab {

namespace {

/// Products of prepared queries and keys; pairwise scores have none.
std::optional<TileProduct> make_product(const Variant& variant, const Problem& problem, const Tiling& tiling,
                                        std::int64_t rows, const TileProduct* packing) {
  if (variant.score.kind() == ScoreKind::pairwise) return std::nullopt;
  const std::int64_t width = problem.shape.head_dim;
  return TileProduct(product_dtype(problem), rows, tiling.key_columns, width, width, tiling.key_columns,
                     PackFrom::columns, false, packing);
}

std::optional<TileProduct> make_short_product(const Variant& variant, const Problem& problem,
                                              const Tiling& tiling,
                                              const std::optional<TileProduct>& product) {
  return make_product(variant, problem, tiling, short_block_rows, product ? &*product : nullptr);
}

/// Pairwise scores are computed in float32 whatever the storage.
DType prepared_dtype(const Variant& variant, const Problem& problem) {
  return variant.score.kind() == ScoreKind::pairwise ? DType::f32 : product_dtype(problem);
}

std::int64_t key_tiles(const Problem& problem, const Tiling& tiling) {
  return problem.shape.batch * problem.shape.kv_heads * tiling.key_tiles;
}

}  // namespace

/// Bytes of each block that is taken from the workspace.
struct LogitTiles::Sizes {
  std::int64_t packed_tile, scratch, short_scratch, logits, queries, unpacked_keys, row;

  Sizes(const Variant& variant, const Problem& problem, const Tiling& tiling,
        const std::optional<TileProduct>& product, const std::optional<TileProduct>& short_product) {
    const std::int64_t rows = std::max(tiling.query_rows, short_block_rows);
    const std::int64_t width = prepared_width(variant, problem);
    const std::int64_t element = size_bytes(prepared_dtype(variant, problem));
    unpacked_keys = tiling.key_columns * width * element;
    packed_tile = product ? product->packed_bytes() : unpacked_keys;
    scratch = product ? product->scratch_bytes() : 0;
    short_scratch = short_product ? short_product->scratch_bytes() : 0;
    logits = rows * tiling.key_columns * 4;
    queries = rows * width * element;
    row = (width + problem.shape.head_dim) * 4;
  }
  std::int64_t per_thread() const {
    return Workspace::rounded(scratch) + Workspace::rounded(short_scratch) + Workspace::rounded(logits) +
           Workspace::rounded(queries) + Workspace::rounded(unpacked_keys) + Workspace::rounded(row);
  }
};

std::int64_t LogitTiles::workspace_bytes(const Variant& variant, const Problem& problem,
                                         const Tiling& tiling) {
  const std::optional<TileProduct> product =
      make_product(variant, problem, tiling, tiling.query_rows, nullptr);
  const Sizes sizes(variant, problem, tiling, product, make_short_product(variant, problem, tiling, product));
  return key_tiles(problem, tiling) * Workspace::rounded(sizes.packed_tile) +
         problem.threads * sizes.per_thread();
}

LogitTiles::LogitTiles(const Variant& variant, const Problem& problem, const Tiling& tiling,
                       Workspace& workspace)
    : variant_(variant),
      problem_(problem),
      tiling_(tiling),
      rows_(row_code(isa_level())),
      pairwise_(variant.score.kind() == ScoreKind::pairwise),
      product_(make_product(variant, problem, tiling, tiling.query_rows, nullptr)),
      short_product_(make_short_product(variant, problem, tiling, product_)) {
  const Sizes sizes(variant, problem, tiling, product_, short_product_);
  const std::int64_t stride = Workspace::rounded(sizes.packed_tile);
  std::byte* packed = workspace.allocate_bytes(key_tiles(problem, tiling) * stride);
  if (pairwise_) {
    pairwise_keys_ = {reinterpret_cast<float*>(packed),
                      static_cast<std::size_t>(key_tiles(problem, tiling) * stride / 4)};
  } else {
    for (std::int64_t tile = 0; tile < key_tiles(problem, tiling); ++tile)
      packed_keys_.push_back(product_->packed(packed + tile * stride));
  }
  threads_.resize(static_cast<std::size_t>(problem.threads));
  for (PerThread& own : threads_) {
    std::byte* scratch = workspace.allocate_bytes(sizes.scratch);
    std::byte* short_scratch = workspace.allocate_bytes(sizes.short_scratch);
    own.logits = workspace.allocate<float>(sizes.logits / 4);
    own.queries = workspace.allocate<std::byte>(sizes.queries);
    own.unpacked_keys = workspace.allocate<std::byte>(sizes.unpacked_keys);
    own.row = workspace.allocate<float>(sizes.row / 4);
    own.modifiers.reserve(variant.modifiers.size());
    if (pairwise_) continue;
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

void LogitTiles::prepare_keys(const Inputs& inputs, int thread) {
  PerThread& own = threads_[static_cast<std::size_t>(thread)];
  const std::int64_t width = prepared_width(variant_, problem_);
  const std::int64_t stride = static_cast<std::int64_t>(pairwise_keys_.size()) / key_tiles(problem_, tiling_);
#pragma omp for schedule(static)
  for (std::int64_t tile = 0; tile < key_tiles(problem_, tiling_); ++tile) {
    const std::int64_t kv_head = tile / tiling_.key_tiles % problem_.shape.kv_heads;
    const std::int64_t batch = tile / tiling_.key_tiles / problem_.shape.kv_heads;
    const std::int64_t first = tile % tiling_.key_tiles * tiling_.key_columns;
    prepare_rows(variant_, inputs, Operand::key, batch, kv_head, first, tiling_.key_columns,
                 prepared_dtype(variant_, problem_), own.row, own.unpacked_keys.data());
    if (!pairwise_) {
      product_->pack(*own.stream, own.unpacked, packed_keys_[static_cast<std::size_t>(tile)]);
      continue;
    }
    // The pairwise kernel walks along the keys of one hidden unit.
    const auto* projected = reinterpret_cast<const float*>(own.unpacked_keys.data());
    float* transposed = pairwise_keys_.data() + tile * stride;
    for (std::int64_t unit = 0; unit < width; ++unit)
      for (std::int64_t j = 0; j < tiling_.key_columns; ++j)
        transposed[unit * tiling_.key_columns + j] = projected[j * width + unit];
  }
}

void LogitTiles::load_queries(const Inputs& inputs, const QueryBlock& block, int thread) {
  PerThread& own = threads_[static_cast<std::size_t>(thread)];
  prepare_rows(variant_, inputs, Operand::query, block.batch, block.head, block.first,
               block.rows <= short_block_rows ? short_block_rows : tiling_.query_rows,
               prepared_dtype(variant_, problem_), own.row, own.queries.data());
  own.modifiers.clear();
  for (const Modifier& modifier : variant_.modifiers)
    own.modifiers.push_back(modifier.for_head(block.head, problem_.shape.heads));
}

LogitTile LogitTiles::logits(const Inputs& inputs, const QueryBlock& block, const Visit& visit, int thread) {
  PerThread& own = threads_[static_cast<std::size_t>(thread)];
  const Shape& shape = problem_.shape;
  const LogitTile tile{
      own.logits.data(),   tiling_.key_columns,         block.rows,
      tiling_.key_columns, shape.position(block.first), visit.key_tile * tiling_.key_columns};
  const std::int64_t index =
      (block.batch * shape.kv_heads + shape.kv_head(block.head)) * tiling_.key_tiles + visit.key_tile;
  if (pairwise_) {
    const std::int64_t stride =
        static_cast<std::int64_t>(pairwise_keys_.size()) / key_tiles(problem_, tiling_);
    rows_.pairwise(variant_.score.net(shape.head_dim, *inputs.weights),
                   reinterpret_cast<const float*>(own.queries.data()), pairwise_keys_.data() + index * stride,
                   tile);
  } else if (const dnnl::memory& keys = packed_keys_[static_cast<std::size_t>(index)];
             block.rows <= short_block_rows) {
    short_product_->multiply(*own.stream, own.short_left, keys, own.short_result, own.short_scratch);
  } else {
    product_->multiply(*own.stream, own.left, keys, own.result, own.scratch);
  }
  for (const Modifier& modifier : own.modifiers) rows_.modify(modifier, tile);
  if (visit.masked) mask(block, tile);
  return tile;
}

void LogitTiles::mask(const QueryBlock& block, const LogitTile& tile) const {
  constexpr float hidden = -std::numeric_limits<float>::infinity();
  const std::int64_t end = tile.first_key + tile.columns;
  for (std::int64_t t = 0; t < block.rows; ++t) {
    float* row = tile.logits + t * tile.stride - tile.first_key;
    std::int64_t next = tile.first_key;
    for (const KeyRange& range : variant_.pattern.keys(problem_.shape, block.first + t)) {
      if (range.end <= next) continue;
      if (range.begin >= end) break;
      std::fill(row + next, row + std::max(next, range.begin), hidden);
      next = std::min(range.end, end);
    }
    std::fill(row + next, row + end, hidden);
  }
}

}  // namespace attnlab
