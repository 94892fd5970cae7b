// Patterns: which (query, key) pairs are visible. Leaves are one file each in patterns/ and one row in
// patterns/table.h; `&`, `|`, `!` and parentheses combine them.
//
// A leaf gives, for the query at position p (Shape::position: the last query is at the last key), one range
// of keys whose ends never decrease as p grows. So a tile of queries sees no key outside of [begin(first),
// end(last)), and all its queries see [begin(last), end(first)). Masks are never evaluated pair by pair to
// find tiles.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "attnlab/core/problem.h"
#include "attnlab/variants/arguments.h"
#include "attnlab/variants/key_set.h"

namespace attnlab {

struct PatternNode;

class Pattern {
 public:
  /// The pattern `full`.
  Pattern();
  /// Parses `causal&window(512)`; `|` binds weaker than `&`, `!` strongest. Throws ArgumentError (`pattern`).
  static Pattern parse(std::string_view text);

  /// The canonical name; `full` if every key is visible. A top-level `|` is in parentheses.
  std::string name() const;
  bool is_full() const;
  /// Whether a leaf of that name occurs in the expression.
  bool uses(std::string_view leaf) const;

  /// The keys visible to query i.
  KeySet keys(const Shape& shape, std::int64_t i) const;
  /// A superset of the keys visible to any query of first … last-1. Other keys need no work.
  KeySet keys_of_any(const Shape& shape, std::int64_t first, std::int64_t last) const;
  /// A subset of the keys visible to all queries of first … last-1. These need no mask.
  KeySet keys_of_all(const Shape& shape, std::int64_t first, std::int64_t last) const;

  friend Pattern operator&(const Pattern& a, const Pattern& b);

 private:
  explicit Pattern(std::shared_ptr<const PatternNode> root) : root_(std::move(root)) {}
  std::shared_ptr<const PatternNode> root_;
};

/// Number of visible (query, key) pairs of one head.
std::int64_t visible_pairs(const Pattern& pattern, const Shape& shape);

/// Whether no query sees a key after its position.
bool is_causal(const Pattern& pattern, const Shape& shape);

std::vector<MemberInfo> pattern_infos();

}  // namespace attnlab
