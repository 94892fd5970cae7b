// Functions for the four tables of members (std::variant of structs): look a name up, list the members, name
// one.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "attnlab/core/argument_error.h"
#include "attnlab/variants/arguments.h"

namespace attnlab {

/// A struct that a table names, unlike a member that was added while the program runs (external.h).
template <class Member>
concept NamedMember = requires {
  Member::info;
};

template <NamedMember Member>
const MemberInfo& info_of(const Member&) {
  return Member::info;
}

/// Calls `function.operator()<Member>()` for every struct that the table names.
template <class Table, class Function>
void for_each_named(Function function) {
  const auto call = [&]<class Member>() {
    if constexpr (NamedMember<Member>) function.template operator()<Member>();
  };
  [&]<std::size_t... index>(std::index_sequence<index...>) {
    (call.template operator()<std::variant_alternative_t<index, Table>>(), ...);
  }
  (std::make_index_sequence<std::variant_size_v<Table>>());
}

/// Of the structs that the table names, and `added` behind them.
template <class Table>
std::vector<MemberInfo> table_infos(const std::vector<MemberInfo>& added = {}) {
  std::vector<MemberInfo> infos;
  for_each_named<Table>([&]<class Member>() { infos.push_back(Member::info); });
  infos.insert(infos.end(), added.begin(), added.end());
  return infos;
}

/// Throws ArgumentError (argument `what`) with the nearest names of `infos`.
template <class Table>
Table parse_member(std::string_view what, const Arguments& call, const std::vector<MemberInfo>& infos) {
  std::optional<Table> member;
  for_each_named<Table>([&]<class Member>() {
    if (call.name() == Member::info.name) member = Member::parse(call);
  });
  if (member) return *member;
  std::vector<std::string> names;
  for (const MemberInfo& info : infos) names.emplace_back(info.name);
  throw unknown_name(what, call.to_string(), call.name(), names);
}
template <class Table>
Table parse_member(std::string_view what, std::string_view text) {
  return parse_member<Table>(what, parse_call(what, text), table_infos<Table>());
}

/// The arguments of a member are numbers, or one word.
template <class Table>
std::string member_name(const Table& table) {
  return std::visit(
      [](const auto& member) {
        std::string name = call_name(info_of(member).name, member.arguments());
        if constexpr (requires { member.word(); })
          if (!member.word().empty()) name += "(" + std::string(member.word()) + ")";
        return name;
      },
      table);
}

}  // namespace attnlab
