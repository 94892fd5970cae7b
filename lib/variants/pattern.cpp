#include "attnlab/variants/pattern.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <concepts>
#include <limits>
#include <utility>

#include "attnlab/variants/patterns/table.h"
#include "attnlab/variants/table.h"

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

namespace {

using Node = std::shared_ptr<const PatternNode>;

enum class Quantifier { any, all };

template <class Member>
concept OfOneRange = requires(const Member& member, std::int64_t position) {
  { member.keys(position, position) } -> std::same_as<KeyRange>;
};

/// Queries first … last-1 of a head, of one sequence, whose keys and positions count from its start.
struct Queries {
  std::int64_t head;
  KeyRange positions;
  std::int64_t seqlen_k;
};

template <class Member>
KeySet keys_of_row(const Member& member, const Queries& queries, std::int64_t position) {
  std::vector<KeyRange> ranges;
  const KeyRange whole{0, queries.seqlen_k};
  member.keys(PatternQuery{queries.head, position, whole}, queries.seqlen_k,
              [&](KeyRange range) { ranges.push_back(range); });
  return KeySet::of(std::move(ranges)) & KeySet(whole);
}

template <class Member>
KeySet keys_of_rows(const Member& member, const Queries& queries, Quantifier quantifier) {
  const auto& [head, positions, seqlen_k] = queries;
  if (positions.end - positions.begin > 1) {
    if constexpr (requires { member.keys_of_any(head, positions, seqlen_k); })
      if (quantifier == Quantifier::any)
        return member.keys_of_any(head, positions, seqlen_k) & KeySet({0, seqlen_k});
    if constexpr (requires { member.keys_of_all(head, positions, seqlen_k); })
      if (quantifier == Quantifier::all)
        return member.keys_of_all(head, positions, seqlen_k) & KeySet({0, seqlen_k});
  }
  KeySet keys = keys_of_row(member, queries, positions.begin);
  for (std::int64_t p = positions.begin + 1; p < positions.end; ++p)
    keys = quantifier == Quantifier::any ? keys | keys_of_row(member, queries, p)
                                         : keys & keys_of_row(member, queries, p);
  return keys;
}

template <class Member>
KeyRange clipped_keys(const Member& member, const Shape& shape, std::int64_t i) {
  const auto [begin, end] = shape.sequence(i);
  const KeyRange own = member.keys(shape.position(i) - begin, end - begin);
  return {std::max<std::int64_t>(own.begin, 0) + begin, std::min(own.end, end - begin) + begin};
}

KeySet leaf_keys(const PatternTable& leaf, const Shape& shape, std::int64_t head, std::int64_t first,
                 std::int64_t last, Quantifier quantifier) {
  return std::visit(
      [&](const auto& member) {
        if constexpr (OfOneRange<std::decay_t<decltype(member)>>) {
          const KeyRange low = clipped_keys(member, shape, first);
          const KeyRange high = last - first == 1 ? low : clipped_keys(member, shape, last - 1);
          return KeySet(quantifier == Quantifier::any ? KeyRange{low.begin, high.end}
                                                      : KeyRange{high.begin, low.end});
        } else {
          KeySet keys;
          for (std::int64_t i = first; i < last;) {
            const auto [begin, end] = shape.sequence(i);
            std::int64_t next = i + 1;
            while (next < last && shape.sequence(next) == Sequence{begin, end}) ++next;
            const KeySet own =
                keys_of_rows(member,
                             {head, {shape.position(i) - begin, shape.position(next) - begin}, end - begin},
                             quantifier)
                    .shifted(begin);
            keys = i == first ? own : quantifier == Quantifier::any ? keys | own : keys & own;
            i = next;
          }
          return keys;
        }
      },
      leaf);
}

const PatternNode& node_of(const PatternNode& node, std::int64_t head) {
  const auto own = std::find_if(node.by_head.begin(), node.by_head.end(), [head](const auto& heads) {
    return heads.first <= head && head <= heads.last;
  });
  return *own->node;  // validate() has found one
}

/// `any` is a superset of the union over the rows, `all` a subset of the intersection. Both are exact for a
/// single row, since those of leaves are and De Morgan's laws preserve this.
KeySet node_keys(const PatternNode& node, const Shape& shape, std::int64_t head, std::int64_t first,
                 std::int64_t last, Quantifier quantifier) {
  const auto keys_of = [&](const PatternNode& part, Quantifier of) {
    return node_keys(part, shape, head, first, last, of);
  };
  switch (node.operation) {
    case '&':
      return keys_of(*node.left, quantifier) & keys_of(*node.right, quantifier);
    case '|':
      return keys_of(*node.left, quantifier) | keys_of(*node.right, quantifier);
    case '!':
      return keys_of(*node.left, quantifier == Quantifier::any ? Quantifier::all : Quantifier::any)
          .complement({0, shape.seqlen_k});
    case 'h':
      return keys_of(node_of(node, head), quantifier);
    default:
      return leaf_keys(node.leaf, shape, head, first, last, quantifier);
  }
}

KeyBits leaf_bits(const PatternTable& leaf, const Shape& shape, std::int64_t head, std::int64_t i,
                  KeyRange range) {
  KeyBits bits(range);
  std::visit(
      [&](const auto& member) {
        if constexpr (OfOneRange<std::decay_t<decltype(member)>>) {
          bits.add(clipped_keys(member, shape, i));
        } else {
          const auto [begin, end] = shape.sequence(i);
          const KeyRange needed{std::max(range.begin - begin, std::int64_t{0}),
                                std::min(range.end, end) - begin};
          member.keys(PatternQuery{head, shape.position(i) - begin, needed}, end - begin,
                      [&, begin = begin](KeyRange keys) {
                        bits.add({std::max(keys.begin, needed.begin) + begin,
                                  std::min(keys.end, needed.end) + begin});
                      });
        }
      },
      leaf);
  return bits;
}

KeyBits node_bits(const PatternNode& node, const Shape& shape, std::int64_t head, std::int64_t i,
                  KeyRange range) {
  if (node.operation == 0) return leaf_bits(node.leaf, shape, head, i, range);
  if (node.operation == 'h') return node_bits(node_of(node, head), shape, head, i, range);
  KeyBits bits = node_bits(*node.left, shape, head, i, range);
  if (node.operation == '!')
    bits.invert();
  else if (node.operation == '&')
    bits &= node_bits(*node.right, shape, head, i, range);
  else
    bits |= node_bits(*node.right, shape, head, i, range);
  return bits;
}

/// Whether `holds(leaf)` for some leaf; `per_head` is asked for by its node.
template <class Holds>
bool any_leaf(const PatternNode& node, const Holds& holds) {
  if (node.operation == 0) return std::visit([&](const auto& member) { return holds(member); }, node.leaf);
  if (node.operation == 'h')
    return std::any_of(node.by_head.begin(), node.by_head.end(),
                       [&](const auto& heads) { return any_leaf(*heads.node, holds); });
  return any_leaf(*node.left, holds) || (node.right && any_leaf(*node.right, holds));
}

bool has_per_head(const PatternNode& node) {
  if (node.operation == 0 || node.operation == 'h') return node.operation == 'h';
  return has_per_head(*node.left) || (node.right && has_per_head(*node.right));
}

constexpr MemberInfo per_head_info{
    "per_head", "HEADS: PATTERN, …; HEADS as 4, 0-3, or 4- for the rest", "per_head(0:causal,1-:window(40))",
    "the pattern that is listed for the query head", "Xiao et al., arXiv:2410.10819"};

/// OfHeads::last of an open range.
constexpr std::int64_t last_head = std::numeric_limits<std::int64_t>::max() - 1;

int binding(char operation) { return operation == '|' ? 0 : operation == '&' ? 1 : 2; }

std::string node_name(const PatternNode& node, int parent_binding) {
  if (node.operation == 0) return member_name(node.leaf);
  if (node.operation == 'h') {
    std::vector<std::string> parts;
    for (const auto& [first, last, own] : node.by_head)
      parts.push_back((first == last       ? fmt::format("{}:", first)
                       : last == last_head ? fmt::format("{}-:", first)
                                           : fmt::format("{}-{}:", first, last)) +
                      node_name(*own, 0));
    return fmt::format("{}({})", per_head_info.name, fmt::join(parts, ","));
  }
  const int own = binding(node.operation);
  std::string text = node.operation == '!'
                         ? "!" + node_name(*node.left, own)
                         : node_name(*node.left, own) + node.operation + node_name(*node.right, own);
  return own < parent_binding ? "(" + text + ")" : text;
}

Node parse_per_head(std::string_view text, std::string_view whole);

/// Parses a chain `a & b & c` as left-associative, so that a canonical name parses to the same tree.
Node parse_node(std::string_view text, std::string_view whole);

Node parse_chain(std::string_view text, char operation, std::string_view whole) {
  const std::vector<std::string_view> parts = split_outside_parentheses(text, operation);
  if (parts.size() == 1) return nullptr;
  Node chain = parse_node(parts[0], whole);
  for (std::size_t part = 1; part < parts.size(); ++part)
    chain =
        std::make_shared<PatternNode>(PatternNode{operation, {}, chain, parse_node(parts[part], whole), {}});
  return chain;
}

Node parse_node(std::string_view text, std::string_view whole) {
  if (text.empty()) throw ArgumentError("pattern", whole, "a pattern is missing beside an operator", {});
  if (Node chain = parse_chain(text, '|', whole)) return chain;
  if (Node chain = parse_chain(text, '&', whole)) return chain;
  if (text.front() == '!')
    return std::make_shared<PatternNode>(PatternNode{
        '!', {}, parse_node(split_outside_parentheses(text.substr(1), '|')[0], whole), nullptr, {}});
  if (text.front() == '(') {
    if (text.back() != ')') throw ArgumentError("pattern", whole, "unclosed parenthesis", {});
    return parse_node(split_outside_parentheses(text.substr(1, text.size() - 2), '\0')[0], whole);
  }
  if (text.substr(0, text.find('(')) == per_head_info.name) return parse_per_head(text, whole);
  return std::make_shared<PatternNode>(
      PatternNode{0,
                  parse_member<PatternTable>("pattern", parse_call("pattern", text), pattern_infos()),
                  nullptr,
                  nullptr,
                  {}});
}

/// `4`, `0-3`, or `4-` for all heads from 4 on.
PatternNode::OfHeads parse_heads(std::string_view text, std::string_view whole) {
  const auto number = [&](std::string_view digits) {
    std::int64_t head = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), head);
    if (error != std::errc() || end != digits.data() + digits.size() || head < 0 ||
        head >= max_small_dimension)
      throw ArgumentError("pattern", whole, fmt::format("'{}' is no head", digits),
                          "a head as 4, heads as 0-3, or 4- for all from 4 on");
    return head;
  };
  const std::size_t dash = text.find('-');
  PatternNode::OfHeads heads{number(text.substr(0, dash)), 0, nullptr};
  heads.last = dash == std::string_view::npos ? heads.first
               : dash + 1 == text.size()      ? last_head
                                              : number(text.substr(dash + 1));
  if (heads.last < heads.first)
    throw ArgumentError("pattern", whole, fmt::format("heads '{}' are in the wrong order", text), {});
  return heads;
}

Node parse_per_head(std::string_view call, std::string_view whole) {
  const std::size_t open = per_head_info.name.size();
  if (call.size() < open + 3 || call.back() != ')')
    throw ArgumentError("pattern", whole, "per_head lists no patterns", "per_head(HEADS: PATTERN, …)");
  PatternNode node;
  node.operation = 'h';
  for (const std::string_view text :
       split_outside_parentheses(call.substr(open + 1, call.size() - open - 2), ',')) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos)
      throw ArgumentError("pattern", whole, fmt::format("'{}' names no heads", text),
                          "HEADS: PATTERN, as 0-3: causal");
    PatternNode::OfHeads heads =
        parse_heads(split_outside_parentheses(text.substr(0, colon), '\0')[0], whole);
    heads.node = parse_node(split_outside_parentheses(text.substr(colon + 1), '\0')[0], whole);
    node.by_head.push_back(std::move(heads));
  }
  std::sort(node.by_head.begin(), node.by_head.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  std::int64_t next = 0;
  for (const auto& heads : node.by_head) {
    if (heads.first != next)
      throw ArgumentError("pattern", whole,
                          heads.first < next ? fmt::format("head {} is listed twice", heads.first)
                                             : fmt::format("head {} is missing", next),
                          "every head once");
    next = heads.last + 1;
  }
  return std::make_shared<PatternNode>(std::move(node));
}

void validate_node(const PatternNode& node, const Shape& shape) {
  if (node.operation == 'h') {
    const auto& last = node.by_head.back();
    if (last.last == last_head ? last.first > shape.heads : last.last + 1 != shape.heads)
      throw ArgumentError("pattern", node_name(node, 0),
                          fmt::format("it lists heads up to {}, and there are {}",
                                      last.last == last_head ? last.first : last.last, shape.heads),
                          fmt::format("heads 0 to {}", shape.heads - 1));
    for (const auto& heads : node.by_head) validate_node(*heads.node, shape);
  } else if (node.operation == 0) {
    std::visit(
        [&](const auto& member) {
          if constexpr (requires { member.validate(shape); }) member.validate(shape);
        },
        node.leaf);
  } else {
    validate_node(*node.left, shape);
    if (node.right) validate_node(*node.right, shape);
  }
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

bool Pattern::uses(std::string_view leaf) const {
  return any_leaf(*root_, [&](const auto& member) { return member.info.name == leaf; });
}

bool Pattern::by_head() const {
  return has_per_head(*root_) || any_leaf(*root_, [](const auto& member) {
           return requires { std::decay_t<decltype(member)>::by_head; };
         });
}

bool Pattern::is_of_ranges() const {
  return !any_leaf(*root_, [](const auto& member) { return !OfOneRange<std::decay_t<decltype(member)>>; });
}

void Pattern::validate(const Shape& shape) const { validate_node(*root_, shape); }

KeySet Pattern::keys(const Shape& shape, std::int64_t head, std::int64_t i) const {
  return keys_of_any(shape, head, i, i + 1);
}

KeyBits Pattern::keys_within(const Shape& shape, std::int64_t head, std::int64_t i, KeyRange range) const {
  KeyBits bits = node_bits(*root_, shape, head, i, range);
  KeyBits own(range);  // `!` may have set keys beyond it
  own.add({shape.sequence(i).begin, shape.sequence(i).end});
  return bits &= own;
}

KeySet Pattern::keys_of_any(const Shape& shape, std::int64_t head, std::int64_t first,
                            std::int64_t last) const {
  const KeySet keys = node_keys(*root_, shape, head, first, last, Quantifier::any);
  if (!shape.cu_seqlens) return keys;
  return keys & KeySet({shape.sequence(first).begin, shape.sequence(last - 1).end});
}

KeySet Pattern::keys_of_all(const Shape& shape, std::int64_t head, std::int64_t first,
                            std::int64_t last) const {
  const KeySet keys = node_keys(*root_, shape, head, first, last, Quantifier::all);
  if (!shape.cu_seqlens) return keys;
  const Sequence sequence = shape.sequence(first);
  return sequence == shape.sequence(last - 1) ? keys & KeySet({sequence.begin, sequence.end}) : KeySet();
}

Pattern operator&(const Pattern& a, const Pattern& b) {
  if (a.is_full()) return b;
  if (b.is_full()) return a;
  return Pattern(std::make_shared<PatternNode>(PatternNode{'&', {}, a.root_, b.root_, {}}));
}

std::int64_t visible_pairs(const Pattern& pattern, const Shape& shape) {
  const std::int64_t heads = pattern.by_head() ? shape.heads : 1;
  std::int64_t pairs = 0;
  for (std::int64_t head = 0; head < heads; ++head)
    for (std::int64_t i = 0; i < shape.seqlen_q; ++i) pairs += pattern.keys(shape, head, i).count();
  return pairs * (shape.heads / heads);
}

bool is_causal(const Pattern& pattern, const Shape& shape) {
  for (std::int64_t head = 0; head < (pattern.by_head() ? shape.heads : 1); ++head)
    for (std::int64_t i = 0; i < shape.seqlen_q; ++i) {
      const KeySet keys = pattern.keys(shape, head, i);
      if (!keys.empty() && std::prev(keys.end())->end > shape.position(i) + 1) return false;
    }
  return true;
}

std::vector<MemberInfo> pattern_infos() { return table_infos<PatternTable>({per_head_info}); }

}  // namespace attnlab
