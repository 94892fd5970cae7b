#include "attnlab/engines/tiled/approximate_logits.h"

#include <algorithm>

namespace attnlab {

struct ApproximateLogits::Sizes {
  std::int64_t mean, numbers, rows, queries, facts, slack, above;

  Sizes(const Problem& problem, const Tiling& tiling) {
    const std::int64_t width = problem.shape.head_dim;
    mean = width * 4;
    numbers = rounded_up(tiling.key_columns, quantised_group) * quantised_width(width);
    rows = tiling.key_columns * width * 4;
    queries = tiling.query_rows * quantised_width(width);
    facts = tiling.query_rows * static_cast<std::int64_t>(sizeof(QuantisedQuery));
    slack = tiling.query_rows * 4;
    above = tiling.strip_rows * tiling.key_columns / row_code_columns * 2;
  }
  std::int64_t per_slot() const { return Workspace::rounded(mean) + Workspace::rounded(numbers); }
  std::int64_t per_thread() const {
    return Workspace::rounded(rows) + Workspace::rounded(queries) + Workspace::rounded(facts) +
           Workspace::rounded(slack) + Workspace::rounded(above);
  }
};

std::int64_t ApproximateLogits::workspace_bytes(const Problem& problem, const Tiling& tiling) {
  const Sizes sizes(problem, tiling);
  return tiling.slots() * sizes.per_slot() + problem.threads * sizes.per_thread();
}

ApproximateLogits::ApproximateLogits(const Variant& variant, const Problem& problem, const Tiling& tiling,
                                     LogitTiles& tiles, Workspace& workspace)
    : problem_(problem),
      tiling_(tiling),
      tiles_(tiles),
      scale_(variant.normaliser.scale()),
      keys_(static_cast<std::size_t>(tiling.slots())),
      threads_(static_cast<std::size_t>(problem.threads)) {
  const Sizes sizes(problem, tiling);
  for (QuantisedKeys& keys : keys_) {
    keys.mean = workspace.allocate<float>(sizes.mean / 4).data();
    keys.numbers = workspace.allocate<std::uint8_t>(sizes.numbers).data();
  }
  for (PerThread& own : threads_) {
    own.rows = workspace.allocate<float>(sizes.rows / 4);
    own.queries = workspace.allocate<std::int8_t>(sizes.queries);
    own.facts = workspace.allocate<QuantisedQuery>(tiling.query_rows);
    own.slack = workspace.allocate<float>(sizes.slack / 4);
    own.above = workspace.allocate<std::uint16_t>(sizes.above / 2);
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
    QuantisedQuery& facts = own.facts[static_cast<std::size_t>(t)];
    tiles_.rows().quantise_query(tiles_.queries(thread) + t * width, width, &facts,
                                 own.queries.data() + t * quantised_width(width));
    own.slack[static_cast<std::size_t>(t)] =
        static_cast<float>(scale_ * approximation_error(facts, width, norm, error, mean));
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
       own.queries.data() + strip.first_row * quantised_width(width), own.facts.data() + strip.first_row,
       &keys_[static_cast<std::size_t>(slot)], width, strip.first_column, tau, static_cast<float>(scale_)},
      tile);
  tiles_.mask(block, strip, tile);
  return tile;
}

}  // namespace attnlab
