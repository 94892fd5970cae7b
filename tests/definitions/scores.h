// Scores map a query and a key to one number.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "definitions/call.h"

namespace definitions {

using Vector = std::vector<double>;

using Score = std::function<double(const Call&, const Vector& q, const Vector& k, const Parameters&)>;

/// The definitions by name.
const std::map<std::string, Score>& scores();

}  // namespace definitions
