// Patterns: whether a query at a position sees a key.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "definitions/call.h"

namespace definitions {

/// Positions are counted in keys: query i of n_q stands at i + n_k - n_q.
using Leaf = std::function<bool(const Call&, double position, double key)>;

/// By the name of the leaf.
const std::map<std::string, Leaf>& leaves();

/// Of leaves joined by `!`, which binds strongest, `&`, `|` and parentheses.
bool visible(const std::string& pattern, double position, double key);

}  // namespace definitions
