#include "attnlab/variants/pattern.h"

#include <algorithm>
#include <concepts>
#include <utility>

#include "attnlab/variants/pattern_node.h"
#include "attnlab/variants/patterns/query.h"
#include "attnlab/variants/table.h"

namespace attnlab {

namespace {

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

/// The keys of a leaf of one range.
template <class Member>
KeyRange keys_of_tile(const Member& member, const Shape& shape, std::int64_t first, std::int64_t last,
                      Quantifier quantifier) {
  const KeyRange low = clipped_keys(member, shape, first);
  if (last - first == 1) return low;
  const KeyRange high = clipped_keys(member, shape, last - 1);
  return quantifier == Quantifier::any ? KeyRange{low.begin, high.end} : KeyRange{high.begin, low.end};
}

bool is_chain_of_ranges(const PatternNode& node) {
  if (node.operation == '&') return is_chain_of_ranges(*node.left) && is_chain_of_ranges(*node.right);
  return node.operation == 0 &&
         std::visit([](const auto& member) { return OfOneRange<std::decay_t<decltype(member)>>; }, node.leaf);
}

/// node_keys() of a node that is_chain_of_ranges().
KeyRange node_range(const PatternNode& node, const Shape& shape, std::int64_t first, std::int64_t last,
                    Quantifier quantifier) {
  if (node.operation == '&') {
    const KeyRange left = node_range(*node.left, shape, first, last, quantifier);
    const KeyRange right = node_range(*node.right, shape, first, last, quantifier);
    return {std::max(left.begin, right.begin), std::min(left.end, right.end)};
  }
  return std::visit(
      [&](const auto& member) {
        if constexpr (OfOneRange<std::decay_t<decltype(member)>>)
          return keys_of_tile(member, shape, first, last, quantifier);
        else
          return KeyRange{};
      },
      node.leaf);
}

KeySet leaf_keys(const PatternTable& leaf, const Shape& shape, std::int64_t head, std::int64_t first,
                 std::int64_t last, Quantifier quantifier) {
  return std::visit(
      [&](const auto& member) {
        if constexpr (OfOneRange<std::decay_t<decltype(member)>>) {
          return KeySet(keys_of_tile(member, shape, first, last, quantifier));
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

/// Whether holds(leaf) for some leaf.
template <class Holds>
bool any_leaf(const PatternNode& node, const Holds& holds) {
  if (node.operation == 0) return std::visit([&](const auto& member) { return holds(member); }, node.leaf);
  if (node.operation == 'h')
    return std::any_of(node.by_head.begin(), node.by_head.end(),
                       [&](const auto& heads) { return any_leaf(*heads.node, holds); });
  return any_leaf(*node.left, holds) || (node.right && any_leaf(*node.right, holds));
}

/// Number of leaves that a head has at most.
int count_leaves(const PatternNode& node) {
  if (node.operation == 0) return 1;
  int most = 0;
  for (const auto& heads : node.by_head) most = std::max(most, count_leaves(*heads.node));
  return node.operation == 'h' ? most
                               : count_leaves(*node.left) + (node.right ? count_leaves(*node.right) : 0);
}

bool has_per_head(const PatternNode& node) {
  if (node.operation == 0 || node.operation == 'h') return node.operation == 'h';
  return has_per_head(*node.left) || (node.right && has_per_head(*node.right));
}

}  // namespace

Pattern::Pattern() : Pattern(std::make_shared<PatternNode>()) {}

Pattern::Pattern(std::shared_ptr<const PatternNode> root)
    : root_(std::move(root)),
      by_head_(has_per_head(*root_) || any_leaf(*root_,
                                                [](const auto& member) {
                                                  return requires {
                                                    std::decay_t<decltype(member)>::by_head;
                                                  };
                                                })),
      is_of_few_ranges_(
          count_leaves(*root_) <= 3 &&
          !any_leaf(*root_, [](const auto& member) { return !OfOneRange<std::decay_t<decltype(member)>>; })),
      is_one_range_(is_chain_of_ranges(*root_)) {}

Pattern Pattern::parse(std::string_view text) { return Pattern(parse_pattern(text)); }

std::string Pattern::name() const { return name_of(*root_, true); }

bool Pattern::is_full() const { return root_->operation == 0 && std::holds_alternative<Full>(root_->leaf); }

bool Pattern::uses(std::string_view leaf) const {
  return any_leaf(*root_, [&](const auto& member) { return member.info.name == leaf; });
}

KeyRange Pattern::range(const Shape& shape, std::int64_t i) const {
  const KeyRange keys = node_range(*root_, shape, i, i + 1, Quantifier::any);
  if (!shape.cu_seqlens) return keys;
  const Sequence own = shape.sequence(i);
  return {std::max(keys.begin, own.begin), std::min(keys.end, own.end)};
}

void Pattern::validate(const Shape& shape) const { attnlab::validate(*root_, shape); }

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
  const KeySet keys = is_one_range_ ? KeySet(node_range(*root_, shape, first, last, Quantifier::any))
                                    : node_keys(*root_, shape, head, first, last, Quantifier::any);
  if (!shape.cu_seqlens) return keys;
  return keys & KeySet({shape.sequence(first).begin, shape.sequence(last - 1).end});
}

KeySet Pattern::keys_of_all(const Shape& shape, std::int64_t head, std::int64_t first,
                            std::int64_t last) const {
  const KeySet keys = is_one_range_ ? KeySet(node_range(*root_, shape, first, last, Quantifier::all))
                                    : node_keys(*root_, shape, head, first, last, Quantifier::all);
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
