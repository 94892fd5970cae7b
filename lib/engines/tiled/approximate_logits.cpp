#include "attnlab/engines/tiled/approximate_logits.h"

#include <algorithm>

namespace attnlab {

ApproximateLogits::ApproximateLogits(const Variant& variant, const Problem& problem, const Tiling& tiling,
                                     LogitTiles& tiles, Workspace& workspace)
    : problem_(problem),
      tiling_(tiling),
      tiles_(tiles),
      scale_(variant.normaliser.scale()),
      keys_(static_cast<std::size_t>(tiling.slots())),
      threads_(static_cast<std::size_t>(problem.threads)) {
  const std::int64_t width = problem.shape.head_dim;
  for (QuantisedKeys& keys : keys_) {
    keys.mean = workspace.allocate<float>(width).data();
    keys.numbers =
        workspace
            .allocate<std::uint8_t>(rounded_up(tiling.key_columns, quantised_group) * quantised_width(width))
            .data();
  }
  for (PerThread& own : threads_) {
    own.rows = workspace.allocate<float>(tiling.key_columns * width);
    own.queries = workspace.allocate<std::int8_t>(tiling.query_rows * quantised_width(width));
    own.quantised = workspace.allocate<QuantisedQuery>(tiling.query_rows);
    own.slack = workspace.allocate<float>(tiling.query_rows);
    own.above = workspace.allocate<std::uint16_t>(tiling.strip_rows * tiling.key_columns / row_code_columns);
  }
}

void ApproximateLogits::prepare_keys(const Inputs& inputs, std::int64_t kv_head, std::int64_t key_tile,
                                     std::int64_t slot, int thread) {
  const Shape& shape = problem_.shape;
  float* rows = threads_[static_cast<std::size_t>(thread)].rows.data();
  const std::int64_t first = key_tile * tiling_.key_columns;
  const std::int64_t count = std::min(tiling_.key_columns, shape.seqlen_k - first);
  for (std::int64_t t = 0; t < count; ++t)
    tiles_.rows().widen(inputs.k.row(kv_head / shape.kv_heads, kv_head % shape.kv_heads, first + t),
                        inputs.k.dtype, rows + t * shape.head_dim, shape.head_dim);
  tiles_.rows().quantise_keys(rows, count, shape.head_dim, &keys_[static_cast<std::size_t>(slot)]);
}

void ApproximateLogits::open(const Stage& stage, const QueryBlock& block, int thread) {
  PerThread& own = threads_[static_cast<std::size_t>(thread)];
  double norm = 0;
  double error = 0;
  double mean = 0;
  for (const Visit& visit : tiles_.visits(thread)) {
    const QuantisedKeys& keys = keys_[static_cast<std::size_t>(
        slot_of(tiling_, stage, block.kv_head(problem_.shape), visit.key_tile))];
    if (keys.scale == 0) continue;
    norm = std::max(norm, static_cast<double>(keys.norm));
    error = std::max(error, static_cast<double>(keys.error));
    mean = std::max(mean, static_cast<double>(keys.mean_norm));
  }
  const std::int64_t width = problem_.shape.head_dim;
  for (std::int64_t t = 0; t < block.rows; ++t) {
    QuantisedQuery& quantised = own.quantised[static_cast<std::size_t>(t)];
    tiles_.rows().quantise_query(tiles_.queries(thread) + t * width, width, &quantised,
                                 own.queries.data() + t * quantised_width(width));
    own.slack[static_cast<std::size_t>(t)] =
        static_cast<float>(scale_ * approximation_error(quantised, width, norm, error, mean));
  }
}

LogitTile ApproximateLogits::logits(const QueryBlock& block, const Visit& visit, const Strip& strip,
                                    std::int64_t slot, const float* tau, int thread) const {
  const PerThread& own = threads_[static_cast<std::size_t>(thread)];
  const std::int64_t width = problem_.shape.head_dim;
  LogitTile tile = tiles_.place(block, visit, strip, thread);
  tile.above = own.above.data();
  tiles_.rows().approximate(
      {tiles_.queries(thread) + strip.first_row * width,
       own.queries.data() + strip.first_row * quantised_width(width), own.quantised.data() + strip.first_row,
       &keys_[static_cast<std::size_t>(slot)], width, strip.first_column, tau, static_cast<float>(scale_)},
      tile);
  tiles_.mask(block, strip, tile);
  return tile;
}

}  // namespace attnlab
