#include "attnlab/variants/pattern_node.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "attnlab/variants/pattern.h"
#include "attnlab/variants/table.h"

namespace attnlab {

namespace {

using Node = std::shared_ptr<const PatternNode>;

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

void require_balanced(std::string_view text) {
  int depth = 0;
  for (const char c : text) {
    depth += c == '(' ? 1 : c == ')' ? -1 : 0;
    if (depth < 0) break;
  }
  if (depth != 0) throw ArgumentError("pattern", text, "the parentheses do not match", {});
}

}  // namespace

std::shared_ptr<const PatternNode> parse_pattern(std::string_view text) {
  require_balanced(text);
  return parse_node(split_outside_parentheses(text, '\0')[0], text);
}

std::string name_of(const PatternNode& node, bool in_parentheses) {
  return node_name(node, in_parentheses ? 1 : 0);
}

void validate(const PatternNode& node, const Shape& shape) {
  if (node.operation == 'h') {
    const auto& last = node.by_head.back();
    if (last.last == last_head ? last.first > shape.heads : last.last + 1 != shape.heads)
      throw ArgumentError("pattern", name_of(node, false),
                          fmt::format("it lists heads up to {}, and there are {}",
                                      last.last == last_head ? last.first : last.last, shape.heads),
                          fmt::format("heads 0 to {}", shape.heads - 1));
    for (const auto& heads : node.by_head) validate(*heads.node, shape);
  } else if (node.operation == 0) {
    std::visit(
        [&](const auto& member) {
          if constexpr (requires { member.validate(shape); }) member.validate(shape);
        },
        node.leaf);
  } else {
    validate(*node.left, shape);
    if (node.right) validate(*node.right, shape);
  }
}

}  // namespace attnlab
