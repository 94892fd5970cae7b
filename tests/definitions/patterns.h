// Patterns: whether a query at a position sees a key.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "definitions/call.h"

namespace definitions {

/// A query of a query head, and a key. Positions count keys of the query's own sequence: query i of n_q is at
/// i + n_k - n_q.
struct Pair {
  std::int64_t head;
  double position, key;
  double keys;  ///< n_k
};

using Leaf = std::function<bool(const Call&, const Pair&)>;

/// The definitions of leaves by name.
const std::map<std::string, Leaf>& leaves();

/// A pattern expression of leaves, `!` (which binds strongest), `&`, `|` and parentheses.
bool visible(const std::string& pattern, const Pair& pair);

}  // namespace definitions
