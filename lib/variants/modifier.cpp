#include "attnlab/variants/modifier.h"

#include <algorithm>
#include <limits>

#include "attnlab/variants/modifiers/optional.h"
#include "attnlab/variants/modifiers/table.h"
#include "attnlab/variants/table.h"

namespace attnlab {

Modifier::Modifier(const ModifierMember& member) : member_(member) {}

Modifier Modifier::parse(std::string_view text) {
  const Arguments call = parse_call("modifier", text);
  if (const ExternalModifierFunctions* added = find_external_modifier(call.name()))
    return Modifier(ModifierMember{ExternalModifier{added, added->parse(call), added->fact}});
  return Modifier(ModifierMember{parse_member<ModifierTable>("modifier", call, modifier_infos())});
}

std::string Modifier::name() const { return member_name(member_.get().value); }

std::vector<WeightShape> Modifier::weight_shapes(std::int64_t heads, std::int64_t head_dim) const {
  return std::visit([&](const auto& member) { return optional::weights(member, heads, head_dim); },
                    member_.get().value);
}

Modifier Modifier::for_head(std::int64_t head, std::int64_t heads, const ScoreWeights& weights) const {
  return Modifier(ModifierMember{std::visit(
      [&](const auto& member) -> ModifierTable { return optional::for_head(member, head, heads, weights); },
      member_.get().value)});
}

namespace {

template <class Member>
constexpr bool is_a_modifier() {
  static_assert(
      ModifiesLogits<Member, double> || HasFactor<Member, double> || LeavesKeys<Member>,
      "a modifier has operator()(Real logit, Real query, Real key), log_factor(Real query, Real key) or "
      "keys(double center), for any Real of variants/real.h");
  if constexpr (LeavesKeys<Member>)
    static_assert(Member::fact == RowFact::center, "a modifier with keys(center) has fact = RowFact::center");
  return true;
}

}  // namespace

bool Modifier::changes_logits() const {
  return std::visit(
      []<class Member>(const Member& member) {
        if constexpr (requires { member.changes_logits(); })
          return member.changes_logits();
        else
          return is_a_modifier<Member>() && ModifiesLogits<Member, double>;
      },
      member_.get().value);
}

bool Modifier::has_factor() const {
  return std::visit(
      []<class Member>(const Member& member) {
        if constexpr (requires { member.has_factor(); })
          return member.has_factor();
        else
          return HasFactor<Member, double>;
      },
      member_.get().value);
}

bool Modifier::leaves_keys() const {
  return std::visit(
      []<class Member>(const Member& member) {
        if constexpr (requires { member.leaves_keys(); })
          return member.leaves_keys();
        else
          return LeavesKeys<Member>;
      },
      member_.get().value);
}

double Modifier::center(std::span<const float> query, const ScoreWeights& weights, std::int64_t keys) const {
  return std::visit([&](const auto& member) { return optional::center(member, query, weights, keys); },
                    member_.get().value);
}

RowFact Modifier::fact() const {
  return std::visit(
      [](const auto& member) {
        if constexpr (requires { member.fact; })
          return member.fact;
        else
          return RowFact::none;
      },
      member_.get().value);
}

Modifier Modifier::for_row(const RowFacts& row) const {
  return Modifier(ModifierMember{
      std::visit([&](const auto& member) -> ModifierTable { return optional::for_row(member, row); },
                 member_.get().value)});
}

KeyRange Modifier::keys(double center) const {
  return std::visit(
      [&]<class Member>(const Member& member) {
        if constexpr (LeavesKeys<Member>)
          return member.keys(center);
        else
          return RowFacts::every_key;
      },
      member_.get().value);
}

double Modifier::operator()(double logit, double query_position, double key_position) const {
  return std::visit(
      [&]<class Member>(const Member& member) {
        if constexpr (ModifiesLogits<Member, double>)
          return member(logit, query_position, key_position);
        else
          return logit;
      },
      member_.get().value);
}

double Modifier::log_factor(double query_position, double key_position) const {
  return std::visit(
      [&]<class Member>(const Member& member) {
        if constexpr (HasFactor<Member, double>)
          return member.log_factor(query_position, key_position);
        else
          return 0.0;
      },
      member_.get().value);
}

RowFact row_fact(std::span<const Modifier> modifiers) {
  RowFact most = RowFact::none;
  for (const Modifier& modifier : modifiers) most = std::max(most, modifier.fact());
  return most;
}

double center_of(std::span<const Modifier> modifiers, std::span<const float> query,
                 const ScoreWeights& weights, const Sequence& sequence) {
  const auto asking = std::find_if(modifiers.begin(), modifiers.end(), [](const Modifier& modifier) {
    return modifier.fact() == RowFact::center;
  });
  if (asking == modifiers.end()) return std::numeric_limits<double>::quiet_NaN();
  return static_cast<double>(sequence.begin) + asking->center(query, weights, sequence.end - sequence.begin);
}

KeyRange keys_of(std::span<const Modifier> modifiers, double center) {
  KeyRange all = RowFacts::every_key;
  for (const Modifier& modifier : modifiers) {
    const KeyRange own = modifier.keys(center);
    all = {std::max(all.begin, own.begin), std::min(all.end, own.end)};
  }
  return all;
}

std::vector<MemberInfo> modifier_infos() { return table_infos<ModifierTable>(external_modifier_infos()); }

}  // namespace attnlab
