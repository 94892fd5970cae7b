#include "attnlab/engines/null_key.h"

#include <cmath>
#include <limits>

namespace attnlab {

bool has_null_key(const Normaliser& normaliser) {
  return normaliser.null_logit() > -std::numeric_limits<double>::infinity();
}

void add_null_key(const Normaliser& normaliser, const OnlineRows& state, std::int64_t rows) {
  if (!has_null_key(normaliser)) return;
  const auto logit = static_cast<float>(normaliser.null_logit());
  for (std::int64_t t = 0; t < rows; ++t)
    state.sum[t * row_code_columns] += std::exp(logit - state.maximum[t]);
}

void add_null_key(const Normaliser& normaliser, const LogitTile& tile, std::int64_t column) {
  if (!has_null_key(normaliser)) return;
  for (std::int64_t t = 0; t < tile.rows; ++t)
    tile.logits[t * tile.stride + column] = static_cast<float>(normaliser.null_logit());
}

}  // namespace attnlab
