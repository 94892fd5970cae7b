// Normalisers map the logits of one row, at least one and all finite, to its weights.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "definitions/call.h"

namespace definitions {

using Normaliser = std::function<std::vector<double>(const Call&, const std::vector<double>& logits)>;

/// The definitions by name.
const std::map<std::string, Normaliser>& normalisers();

}  // namespace definitions
