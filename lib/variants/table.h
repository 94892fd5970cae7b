// What the four tables of members (std::variant of structs) have in common: look a name up, list them, name
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

template <class Table>
std::vector<MemberInfo> table_infos() {
  return []<std::size_t... index>(std::index_sequence<index...>) {
    return std::vector<MemberInfo>{std::variant_alternative_t<index, Table>::info...};
  }
  (std::make_index_sequence<std::variant_size_v<Table>>());
}

/// Throws ArgumentError (argument `what`) with the nearest names.
template <class Table>
Table parse_member(std::string_view what, std::string_view text) {
  const Arguments call = parse_call(what, text);
  std::optional<Table> member;
  [&]<std::size_t... index>(std::index_sequence<index...>) {
    (void)((call.name() == std::variant_alternative_t<index, Table>::info.name
                ? (member = std::variant_alternative_t<index, Table>::parse(call), true)
                : false) ||
           ...);
  }
  (std::make_index_sequence<std::variant_size_v<Table>>());
  if (member) return *member;
  std::vector<std::string> names;
  for (const MemberInfo& info : table_infos<Table>()) names.emplace_back(info.name);
  throw unknown_name(what, call.to_string(), call.name(), names);
}

template <class Table>
std::string member_name(const Table& table) {
  return std::visit([](const auto& member) { return call_name(member.info.name, member.arguments()); },
                    table);
}

}  // namespace attnlab
