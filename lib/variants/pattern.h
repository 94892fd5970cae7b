// Patterns: which (query, key) pairs are visible. Leaves are one file each in patterns/ and one row in
// patterns/table.h; `&`, `|`, `!` and parentheses combine them.
//
// Leaves are of two kinds. p is the position of the query: Shape::position, counted from the start of its
// sequence, so that the last query is at the last key.
//
// - One range: `KeyRange keys(p, seqlen_k)`, whose ends never decrease as p grows. So a tile of queries sees
//   no key outside of [begin(first), end(last)), and all its queries see [begin(last), end(first)).
// - Any keys: `keys(const PatternQuery&, seqlen_k, add)`, which calls add(KeyRange) for every range that the
//   query sees, in any order; ranges may overlap. The keys of a tile of queries are found query by query,
//   unless the leaf has closed forms: `KeySet keys_of_any(head, KeyRange positions, seqlen_k)`, a superset of
//   what some query sees, and `keys_of_all`, a subset of what all of them see. A leaf whose keys differ
//   between heads has `static constexpr bool by_head = true`.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "attnlab/core/problem.h"
#include "attnlab/variants/arguments.h"
#include "attnlab/variants/key_bits.h"
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

  /// Whether heads may see different keys.
  bool by_head() const { return by_head_; }
  /// Whether every leaf gives one range and there are at most three, so that a set of keys has at most four
  /// ranges and takes no memory from the heap.
  bool is_of_few_ranges() const { return is_of_few_ranges_; }
  /// Whether it is such a leaf or joins some by `&`, so that every query sees one range of keys.
  bool is_one_range() const { return is_one_range_; }
  /// Throws ArgumentError (`pattern`) if the pattern does not fit the shape.
  void validate(const Shape& shape) const;

  /// The keys visible to query i of query head `head`.
  KeySet keys(const Shape& shape, std::int64_t head, std::int64_t i) const;
  /// The same, for a pattern of one range.
  KeyRange range(const Shape& shape, std::int64_t i) const;
  /// Those of them in `range`, which has at most KeyBits::capacity keys. Allocates nothing.
  KeyBits keys_within(const Shape& shape, std::int64_t head, std::int64_t i, KeyRange range) const;
  /// A superset of the keys visible to any query of first … last-1. Other keys need no work.
  KeySet keys_of_any(const Shape& shape, std::int64_t head, std::int64_t first, std::int64_t last) const;
  /// A subset of the keys visible to all queries of first … last-1. These need no mask.
  KeySet keys_of_all(const Shape& shape, std::int64_t head, std::int64_t first, std::int64_t last) const;

  friend Pattern operator&(const Pattern& a, const Pattern& b);

 private:
  explicit Pattern(std::shared_ptr<const PatternNode> root);
  std::shared_ptr<const PatternNode> root_;
  bool by_head_;
  bool is_of_few_ranges_;
  bool is_one_range_;
};

/// Number of visible (query, key) pairs of all heads of one batch element.
std::int64_t visible_pairs(const Pattern& pattern, const Shape& shape);

/// Whether no query sees a key after its position.
bool is_causal(const Pattern& pattern, const Shape& shape);

std::vector<MemberInfo> pattern_infos();

}  // namespace attnlab
