// The oracle of lib compared with the definitions of tests/definitions, which share no code with it.
#pragma once

#include <string>

#include "definitions/attention.h"
#include "support/case.h"

namespace attnlab {

/// The canonical name of the variant in lib.
std::string name_of(const definitions::Variant& variant);

/// Rows first … last-1 of one batch entry, with the keys of that sequence only; all queries if `last` is
/// seqlen_k.
definitions::Inputs inputs_of(const Case& given, std::int64_t batch, std::int64_t first, std::int64_t last);

/// Compares keys, logits, weights and output of every row of the oracle with the definition. Returns an empty
/// text if they agree within the rounding of float64, else the first difference. `given` is a case of
/// name_of(variant).
std::string difference_from_definition(const definitions::Variant& variant, const Case& given);

}  // namespace attnlab
