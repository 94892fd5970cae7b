// The visible keys of rows: masks of logits, and the facts of a row that modifiers and normalisers need.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "attnlab/core/problem.h"
#include "attnlab/kernels/rows.h"
#include "attnlab/variants/inputs.h"
#include "attnlab/variants/variant.h"

namespace attnlab {

/// Sets the logits of a tile to -inf for keys that the query does not see, because of the pattern or of the
/// facts of its row. Row t of the tile is query first_query + t of query head `head`.
void mask_logits(const Pattern& pattern, const Shape& shape, std::int64_t head, std::int64_t first_query,
                 const LogitTile& tile);

/// Calls function(KeyRange) for the keys of `range` that query i of a head sees, in order. Allocates nothing.
template <class Function>
void for_each_visible(const Pattern& pattern, const Shape& shape, std::int64_t head, std::int64_t i,
                      const RowFacts* facts, KeyRange range, Function function) {
  const auto clip = [&](KeyRange keys) {
    const KeyRange own{std::max(keys.begin, range.begin), std::min(keys.end, range.end)};
    if (own.begin < own.end) function(own);
  };
  if (pattern.is_one_range() && (!facts || facts->keys == RowFacts::every_key))
    return clip(pattern.range(shape, i));
  if (pattern.is_of_few_ranges()) {
    for (const KeyRange& keys : visible_keys(pattern, shape, head, i, facts)) clip(keys);
    return;
  }
  for (std::int64_t first = range.begin; first < range.end; first += KeyBits::capacity) {
    const KeyRange piece{first, std::min(first + KeyBits::capacity, range.end)};
    const KeyBits visible = visible_keys_within(pattern, shape, head, i, facts, piece);
    for (KeyRange keys = visible.next(first); keys.begin < piece.end; keys = visible.next(keys.end))
      function(keys);
  }
}

/// RowFacts of queries first … first + facts.size() - 1 of a head, as far as the modifiers need them.
/// Entropies stay 0, since they need the logits. `query` is scratch of head_dim floats.
void find_row_facts(const Variant& variant, const Shape& shape, const Inputs& inputs, std::int64_t batch,
                    std::int64_t head, std::int64_t first, std::span<float> query, std::span<RowFacts> facts);

}  // namespace attnlab
