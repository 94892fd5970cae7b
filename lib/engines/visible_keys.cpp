#include "attnlab/engines/visible_keys.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace attnlab {

void mask_logits(const Pattern& pattern, const Shape& shape, std::int64_t first_query,
                 const LogitTile& tile) {
  constexpr float hidden = -std::numeric_limits<float>::infinity();
  const std::int64_t end = tile.first_key + tile.columns;
  for (std::int64_t t = 0; t < tile.rows; ++t) {
    float* row = tile.logits + t * tile.stride - tile.first_key;
    std::int64_t next = tile.first_key;
    for (const KeyRange& range : pattern.keys(shape, first_query + t)) {
      if (range.end <= next) continue;
      if (range.begin >= end) break;
      std::fill(row + next, row + std::max(next, range.begin), hidden);
      next = std::min(range.end, end);
    }
    std::fill(row + next, row + end, hidden);
  }
}

void find_row_facts(const Variant& variant, const Shape& shape, const Inputs& inputs, std::int64_t batch,
                    std::int64_t head, std::int64_t first, std::span<float> query,
                    std::span<RowFacts> facts) {
  const bool centered = row_fact(variant.modifiers) >= RowFact::center;
  for (std::size_t t = 0; t < facts.size(); ++t) {
    const std::int64_t i = first + static_cast<std::int64_t>(t);
    facts[t] = {static_cast<double>(variant.pattern.keys(shape, i).count())};
    if (!centered) continue;
    read_row(inputs.q, batch, head, i, query);
    facts[t].center = center_of(variant.modifiers, query, weights_of(inputs), shape.sequence(i));
  }
}

float log_of_keys(std::int64_t visible) { return visible > 0 ? std::log(static_cast<float>(visible)) : 0.0F; }

}  // namespace attnlab
