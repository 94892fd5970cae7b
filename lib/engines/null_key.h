// The null key of a normaliser such as off_by_one: an additional key with value 0 that every row sees.
#pragma once

#include <cstdint>

#include "attnlab/kernels/rows.h"
#include "attnlab/variants/normaliser.h"

namespace attnlab {

bool has_null_key(const Normaliser& normaliser);

/// Adds the null key, if there is one, to the sums of `rows` rows, before finish_online.
void add_null_key(const Normaliser& normaliser, const OnlineRows& state, std::int64_t rows);

/// Writes the logit of the null key, if there is one, to column `column` of every row of a tile.
void add_null_key(const Normaliser& normaliser, const LogitTile& tile, std::int64_t column);

}  // namespace attnlab
