// Normalisers: the finite logits of one row, at least one, to its weights.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "definitions/call.h"

namespace definitions {

using Normaliser = std::function<std::vector<double>(const Call&, const std::vector<double>& logits)>;

/// By the name of the normaliser.
const std::map<std::string, Normaliser>& normalisers();

}  // namespace definitions
