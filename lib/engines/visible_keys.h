// What the keys that a row sees make of it: which of its logits count, and what modifiers and normalisers may
// know of the row.
#pragma once

#include <cstdint>
#include <span>

#include "attnlab/core/problem.h"
#include "attnlab/kernels/rows.h"
#include "attnlab/variants/inputs.h"
#include "attnlab/variants/variant.h"

namespace attnlab {

/// Makes the logits of a tile -inf where a query does not see the key: the pattern hides it, or the tile's
/// facts leave it out. Row t of the tile is query first_query + t.
void mask_logits(const Pattern& pattern, const Shape& shape, std::int64_t first_query, const LogitTile& tile);

/// RowFacts of queries first … first + facts.size() - 1 of a head, as far as the modifiers ask for them;
/// entropies are left at 0, since they need the row's logits. `query` is scratch of head_dim floats.
void find_row_facts(const Variant& variant, const Shape& shape, const Inputs& inputs, std::int64_t batch,
                    std::int64_t head, std::int64_t first, std::span<float> query, std::span<RowFacts> facts);

}  // namespace attnlab
