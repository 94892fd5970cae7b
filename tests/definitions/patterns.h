// Patterns: whether a query at a position sees a key.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "definitions/call.h"

namespace definitions {

/// Positions count keys: query i of n_q is at i + n_k - n_q.
using Leaf = std::function<bool(const Call&, double position, double key)>;

/// The definitions of leaves by name.
const std::map<std::string, Leaf>& leaves();

/// A pattern expression of leaves, `!` (which binds strongest), `&`, `|` and parentheses.
bool visible(const std::string& pattern, double position, double key);

}  // namespace definitions
