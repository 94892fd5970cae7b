// The tree of a pattern expression: its leaves and operators, how it is parsed and named.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "attnlab/core/problem.h"
#include "attnlab/variants/arguments.h"
#include "attnlab/variants/patterns/table.h"

namespace attnlab {

/// An expression over leaves: one child under `!`, two under `&` and `|`, one for each range of heads under
/// per_head.
struct PatternNode {
  struct OfHeads {
    std::int64_t first, last;
    std::shared_ptr<const PatternNode> node;
  };
  char operation = 0;  ///< 0 for a leaf, 'h' for per_head
  PatternTable leaf;
  std::shared_ptr<const PatternNode> left;
  std::shared_ptr<const PatternNode> right;
  std::vector<OfHeads> by_head;
};

inline constexpr MemberInfo per_head_info{
    "per_head", "HEADS: PATTERN, …; HEADS as 4, 0-3, or 4- for the rest", "per_head(0:causal,1-:window(40))",
    "the pattern that is listed for the query head", "Xiao et al., arXiv:2410.10819"};

/// PatternNode::OfHeads::last of an open range.
inline constexpr std::int64_t last_head = std::numeric_limits<std::int64_t>::max() - 1;

/// Parses an expression. Throws ArgumentError (`pattern`).
std::shared_ptr<const PatternNode> parse_pattern(std::string_view text);

/// The canonical name; a top-level `|` is in parentheses if `in_parentheses`.
std::string name_of(const PatternNode& node, bool in_parentheses);

/// Throws ArgumentError (`pattern`) if some leaf does not fit the shape, or if per_head does not list each
/// head once.
void validate(const PatternNode& node, const Shape& shape);

}  // namespace attnlab
