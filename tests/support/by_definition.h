// The oracle of lib beside the definitions of tests/definitions, which share no code with it.
#pragma once

#include <string>

#include "definitions/attention.h"
#include "support/case.h"

namespace attnlab {

/// The variant's name as lib reads it.
std::string name_of(const definitions::Variant& variant);

/// Rows first … last-1 of one batch entry: keys of that sequence alone; all queries where `last` is seqlen_k.
definitions::Inputs inputs_of(const Case& given, std::int64_t batch, std::int64_t first, std::int64_t last);

/// Empty if every row of the oracle has the keys, logits, weights and output of the definition, but for the
/// rounding of float64; otherwise what differs first. `given` is a case of name_of(variant).
std::string difference_from_definition(const definitions::Variant& variant, const Case& given);

}  // namespace attnlab
