#include "attnlab/engines/tiled/online_factors.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace attnlab {

namespace {

double logsumexp(const OnlineRows& state, std::int64_t row) {
  const float* sums = state.sum + row * row_code_columns;
  return static_cast<double>(state.maximum[row]) +
         std::log(std::accumulate(sums, sums + row_code_columns, 0.0));
}

}  // namespace

OnlineFactors::OnlineFactors(const Variant& variant, const Problem& problem, const Tiling& tiling,
                             Workspace& workspace)
    : variant_(variant),
      heads_(problem.shape.heads),
      rows_(row_code(isa_level())),
      threads_(static_cast<std::size_t>(problem.threads)) {
  for (PerThread& own : threads_) {
    own.maximum = workspace.allocate<float>(tiling.query_rows);
    own.sums = workspace.allocate<float>(tiling.query_rows * row_code_columns);
    own.factors.reserve(variant.modifiers.size());
    own.weights = workspace.allocate<WeightSums>(tiling.query_rows);
  }
}

void OnlineFactors::open(const Inputs& inputs, std::int64_t head, int thread) {
  PerThread& own = threads_[static_cast<std::size_t>(thread)];
  own.factors.clear();
  for (const Modifier& modifier : variant_.modifiers)
    if (modifier.has_factor()) own.factors.push_back(modifier.for_head(head, heads_, weights_of(inputs)));
  std::fill(own.maximum.begin(), own.maximum.end(), -std::numeric_limits<float>::infinity());
  std::fill(own.sums.begin(), own.sums.end(), 0.0F);
  std::fill(own.weights.begin(), own.weights.end(), WeightSums{});
}

OnlineRows OnlineFactors::logits(int thread) const {
  const PerThread& own = threads_[static_cast<std::size_t>(thread)];
  return {own.maximum.data(), own.sums.data(), nullptr, 0, 0};
}

void OnlineFactors::apply(const LogitTile& tile, std::int64_t first_row, int thread) {
  OnlineRows state = logits(thread);
  state.maximum += first_row;
  state.sum += first_row * row_code_columns;
  const PerThread& own = threads_[static_cast<std::size_t>(thread)];
  rows_.measure_entropy(tile, state, own.weights.data() + first_row);
  for (const Modifier& modifier : own.factors) rows_.add_log_factor(modifier, tile);
}

void OnlineFactors::scale(const OnlineRows& state, std::int64_t rows, int thread) const {
  const OnlineRows before = logits(thread);
  for (std::int64_t row = 0; row < rows; ++row) {
    if (state.maximum[row] == -std::numeric_limits<float>::infinity()) continue;  // 0 already
    const auto factor = static_cast<float>(std::exp(logsumexp(state, row) - logsumexp(before, row)));
    float* output = state.output + row * state.output_stride;
    for (std::int64_t c = 0; c < state.output_columns; ++c) output[c] *= factor;
  }
}

}  // namespace attnlab
