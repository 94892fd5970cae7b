#include "variants/modifier.h"

#include <algorithm>

#include "variants/table.h"

namespace attnlab {

Modifier Modifier::parse(std::string_view text) {
  return Modifier(parse_member<ModifierTable>("modifier", text));
}

std::string Modifier::name() const { return member_name(member_); }

std::vector<WeightShape> Modifier::weight_shapes(std::int64_t heads) const {
  return std::visit(
      [&](const auto& member) -> std::vector<WeightShape> {
        if constexpr (requires { member.weights(heads); })
          return member.weights(heads);
        else
          return {};
      },
      member_);
}

Modifier Modifier::for_head(std::int64_t head, std::int64_t heads, const ScoreWeights& weights) const {
  return Modifier(std::visit(
      [&](const auto& member) -> ModifierTable {
        if constexpr (requires { member.for_head(head, heads); })
          return member.for_head(head, heads);
        else if constexpr (requires { member.for_head(head, weights); })
          return member.for_head(head, weights);
        else
          return member;
      },
      member_));
}

RowFact Modifier::fact() const {
  return std::visit(
      [](const auto& member) {
        if constexpr (requires { member.fact; })
          return member.fact;
        else
          return RowFact::none;
      },
      member_);
}

Modifier Modifier::for_row(const RowFacts& row) const {
  return Modifier(std::visit(
      [&](const auto& member) -> ModifierTable {
        if constexpr (requires { member.for_row(row); })
          return member.for_row(row);
        else
          return member;
      },
      member_));
}

double Modifier::operator()(double logit, double query_position, double key_position) const {
  return std::visit([&](const auto& member) { return member(logit, query_position, key_position); }, member_);
}

RowFact row_fact(std::span<const Modifier> modifiers) {
  RowFact most = RowFact::none;
  for (const Modifier& modifier : modifiers) most = std::max(most, modifier.fact());
  return most;
}

std::vector<MemberInfo> modifier_infos() { return table_infos<ModifierTable>(); }

}  // namespace attnlab
