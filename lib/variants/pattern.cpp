#include "attnlab/variants/pattern.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "attnlab/variants/patterns/table.h"
#include "attnlab/variants/table.h"

namespace attnlab {

/// An expression over leaves: one child under `!`, two under `&` and `|`.
struct PatternNode {
  char operation = 0;  ///< 0 for a leaf
  PatternTable leaf;
  std::shared_ptr<const PatternNode> left;
  std::shared_ptr<const PatternNode> right;
};

namespace {

using Node = std::shared_ptr<const PatternNode>;

enum class Quantifier { any, all };

/// Keys that query i sees. Positions count from the start of its sequence.
template <class Member>
KeyRange keys_of_query(const Member& member, const Shape& shape, std::int64_t i) {
  const auto [begin, end] = shape.sequence(i);
  const KeyRange own = member.keys(shape.position(i) - begin, end - begin);
  return {std::max<std::int64_t>(own.begin, 0) + begin, std::min(own.end, end - begin) + begin};
}

KeySet leaf_keys(const PatternTable& leaf, const Shape& shape, std::int64_t first, std::int64_t last,
                 Quantifier quantifier) {
  return std::visit(
      [&](const auto& member) {
        const KeyRange low = keys_of_query(member, shape, first);
        const KeyRange high = last - first == 1 ? low : keys_of_query(member, shape, last - 1);
        return KeySet(quantifier == Quantifier::any ? KeyRange{low.begin, high.end}
                                                    : KeyRange{high.begin, low.end});
      },
      leaf);
}

/// `any` is a superset of the union over the rows, `all` a subset of the intersection. Both are exact for a
/// single row, since those of leaves are and De Morgan's laws preserve this.
KeySet node_keys(const PatternNode& node, const Shape& shape, std::int64_t first, std::int64_t last,
                 Quantifier quantifier) {
  switch (node.operation) {
    case '&':
      return node_keys(*node.left, shape, first, last, quantifier) &
             node_keys(*node.right, shape, first, last, quantifier);
    case '|':
      return node_keys(*node.left, shape, first, last, quantifier) |
             node_keys(*node.right, shape, first, last, quantifier);
    case '!': {
      const Quantifier opposite = quantifier == Quantifier::any ? Quantifier::all : Quantifier::any;
      return node_keys(*node.left, shape, first, last, opposite).complement({0, shape.seqlen_k});
    }
    default:
      return leaf_keys(node.leaf, shape, first, last, quantifier);
  }
}

int binding(char operation) { return operation == '|' ? 0 : operation == '&' ? 1 : 2; }

std::string node_name(const PatternNode& node, int parent_binding) {
  if (node.operation == 0) return member_name(node.leaf);
  const int own = binding(node.operation);
  std::string text = node.operation == '!'
                         ? "!" + node_name(*node.left, own)
                         : node_name(*node.left, own) + node.operation + node_name(*node.right, own);
  return own < parent_binding ? "(" + text + ")" : text;
}

bool node_uses(const PatternNode& node, std::string_view leaf) {
  if (node.operation == 0)
    return std::visit([&](const auto& member) { return member.info.name == leaf; }, node.leaf);
  return node_uses(*node.left, leaf) || (node.right && node_uses(*node.right, leaf));
}

/// Parses a chain `a & b & c` as left-associative, so that a canonical name parses to the same tree.
Node parse_node(std::string_view text, std::string_view whole);

Node parse_chain(std::string_view text, char operation, std::string_view whole) {
  const std::vector<std::string_view> parts = split_outside_parentheses(text, operation);
  if (parts.size() == 1) return nullptr;
  Node chain = parse_node(parts[0], whole);
  for (std::size_t part = 1; part < parts.size(); ++part)
    chain = std::make_shared<PatternNode>(PatternNode{operation, {}, chain, parse_node(parts[part], whole)});
  return chain;
}

Node parse_node(std::string_view text, std::string_view whole) {
  if (text.empty()) throw ArgumentError("pattern", whole, "a pattern is missing beside an operator", {});
  if (Node chain = parse_chain(text, '|', whole)) return chain;
  if (Node chain = parse_chain(text, '&', whole)) return chain;
  if (text.front() == '!')
    return std::make_shared<PatternNode>(
        PatternNode{'!', {}, parse_node(split_outside_parentheses(text.substr(1), '|')[0], whole), nullptr});
  if (text.front() == '(') {
    if (text.back() != ')') throw ArgumentError("pattern", whole, "unclosed parenthesis", {});
    return parse_node(split_outside_parentheses(text.substr(1, text.size() - 2), '\0')[0], whole);
  }
  return std::make_shared<PatternNode>(
      PatternNode{0, parse_member<PatternTable>("pattern", text), nullptr, nullptr});
}

void require_balanced(std::string_view text) {
  int depth = 0;
  for (const char c : text) {
    depth += c == '(' ? 1 : c == ')' ? -1 : 0;
    if (depth < 0) break;
  }
  if (depth != 0) throw ArgumentError("pattern", text, "the parentheses do not match", {});
}

}  // namespace

Pattern::Pattern() : root_(std::make_shared<PatternNode>()) {}

Pattern Pattern::parse(std::string_view text) {
  require_balanced(text);
  return Pattern(parse_node(split_outside_parentheses(text, '\0')[0], text));
}

std::string Pattern::name() const { return node_name(*root_, 1); }

bool Pattern::is_full() const { return root_->operation == 0 && std::holds_alternative<Full>(root_->leaf); }

bool Pattern::uses(std::string_view leaf) const { return node_uses(*root_, leaf); }

KeySet Pattern::keys(const Shape& shape, std::int64_t i) const { return keys_of_any(shape, i, i + 1); }

KeySet Pattern::keys_of_any(const Shape& shape, std::int64_t first, std::int64_t last) const {
  const KeySet keys = node_keys(*root_, shape, first, last, Quantifier::any);
  if (!shape.cu_seqlens) return keys;
  return keys & KeySet({shape.sequence(first).begin, shape.sequence(last - 1).end});
}

KeySet Pattern::keys_of_all(const Shape& shape, std::int64_t first, std::int64_t last) const {
  const KeySet keys = node_keys(*root_, shape, first, last, Quantifier::all);
  if (!shape.cu_seqlens) return keys;
  const Sequence sequence = shape.sequence(first);
  return sequence == shape.sequence(last - 1) ? keys & KeySet({sequence.begin, sequence.end}) : KeySet();
}

Pattern operator&(const Pattern& a, const Pattern& b) {
  if (a.is_full()) return b;
  if (b.is_full()) return a;
  return Pattern(std::make_shared<PatternNode>(PatternNode{'&', {}, a.root_, b.root_}));
}

std::int64_t visible_pairs(const Pattern& pattern, const Shape& shape) {
  std::int64_t pairs = 0;
  for (std::int64_t i = 0; i < shape.seqlen_q; ++i) pairs += pattern.keys(shape, i).count();
  return pairs;
}

bool is_causal(const Pattern& pattern, const Shape& shape) {
  for (std::int64_t i = 0; i < shape.seqlen_q; ++i) {
    const KeySet keys = pattern.keys(shape, i);
    if (!keys.empty() && std::prev(keys.end())->end > shape.position(i) + 1) return false;
  }
  return true;
}

std::vector<MemberInfo> pattern_infos() { return table_infos<PatternTable>(); }

}  // namespace attnlab
