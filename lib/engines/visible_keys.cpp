#include "attnlab/engines/visible_keys.h"

#include <algorithm>
#include <limits>

namespace attnlab {

void mask_logits(const Pattern& pattern, const Shape& shape, std::int64_t head, std::int64_t first_query,
                 const LogitTile& tile) {
  constexpr float masked = -std::numeric_limits<float>::infinity();
  const std::int64_t end = tile.first_key + tile.columns;
  for (std::int64_t t = 0; t < tile.rows; ++t) {
    float* row = tile.logits + t * tile.stride - tile.first_key;
    const RowFacts* facts = tile.facts ? tile.facts + t : nullptr;
    std::int64_t next = tile.first_key;
    for_each_visible(pattern, shape, head, first_query + t, facts, {tile.first_key, end}, [&](KeyRange keys) {
      std::fill(row + next, row + keys.begin, masked);
      next = keys.end;
    });
    std::fill(row + next, row + end, masked);
  }
}

void find_row_facts(const Variant& variant, const Shape& shape, const Inputs& inputs, std::int64_t batch,
                    std::int64_t head, std::int64_t first, std::span<float> query,
                    std::span<RowFacts> facts) {
  const bool centered = row_fact(variant.modifiers) >= RowFact::center;
  for (std::size_t t = 0; t < facts.size(); ++t) {
    const std::int64_t i = first + static_cast<std::int64_t>(t);
    facts[t] = {};
    if (centered) {
      read_row(inputs.q, batch, head, i, query);
      facts[t].center = center_of(variant.modifiers, query, weights_of(inputs), shape.sequence(i));
      facts[t].keys = keys_of(variant.modifiers, facts[t].center);
    }
    facts[t].visible_keys =
        static_cast<double>(count_visible_keys(variant.pattern, shape, head, i, &facts[t]));
  }
}

}  // namespace attnlab
