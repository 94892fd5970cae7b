// Scores: one number from a query and a key.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "definitions/call.h"

namespace definitions {

using Vector = std::vector<double>;

using Score = std::function<double(const Call&, const Vector& q, const Vector& k, const Parameters&)>;

/// By the name of the score.
const std::map<std::string, Score>& scores();

}  // namespace definitions
