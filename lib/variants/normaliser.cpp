#include "attnlab/variants/normaliser.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "attnlab/variants/normalisers/table.h"
#include "attnlab/variants/table.h"

namespace attnlab {

Normaliser::Normaliser(const NormaliserMember& member) : member_(member) {}

namespace {

NormaliserTable parse_external(const ExternalNormaliserFunctions& added, const Arguments& call) {
  switch (added.kind) {
    case NormaliserKind::online:
      return ExternalNormaliser<NormaliserKind::online>{&added, added.parse(call)};
    case NormaliserKind::elementwise:
      return ExternalNormaliser<NormaliserKind::elementwise>{&added, added.parse(call)};
    case NormaliserKind::row_threshold:
      return ExternalNormaliser<NormaliserKind::row_threshold>{&added, added.parse(call)};
    case NormaliserKind::full_row:
      break;
  }
  return ExternalNormaliser<NormaliserKind::full_row>{&added, added.parse(call)};
}

}  // namespace

Normaliser Normaliser::parse(std::string_view text) {
  const Arguments call = parse_call("normaliser", text);
  if (const ExternalNormaliserFunctions* added = find_external_normaliser(call.name()))
    return Normaliser(NormaliserMember{parse_external(*added, call)});
  return Normaliser(NormaliserMember{parse_member<NormaliserTable>("normaliser", call, normaliser_infos())});
}

std::string Normaliser::name() const { return member_name(member_.get().value); }

NormaliserKind Normaliser::kind() const {
  return std::visit([](const auto& member) { return member.kind; }, member_.get().value);
}

double Normaliser::scale() const {
  return std::visit(
      [](const auto& member) {
        if constexpr (requires { member.scale(); })
          return member.scale();
        else
          return 1.0;
      },
      member_.get().value);
}

double Normaliser::null_logit() const {
  return std::visit(
      [](const auto& member) {
        if constexpr (requires { member.null_logit(); })
          return member.null_logit();
        else
          return -std::numeric_limits<double>::infinity();
      },
      member_.get().value);
}

void Normaliser::weights(std::span<double> row) const {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (kind() == NormaliserKind::elementwise) {
    std::visit([&](const auto& member) { member.weights(row); }, member_.get().value);
    return;
  }
  if (std::any_of(row.begin(), row.end(), [](double s) { return std::isnan(s) || s == infinity; })) {
    std::fill(row.begin(), row.end(), std::numeric_limits<double>::quiet_NaN());
    return;
  }
  std::vector<double> finite;
  std::copy_if(row.begin(), row.end(), std::back_inserter(finite), [](double s) { return s > -infinity; });
  if (!finite.empty()) std::visit([&](const auto& member) { member.weights(finite); }, member_.get().value);
  auto weight = finite.begin();
  for (double& value : row) value = value > -infinity ? *weight++ : 0;
}

bool Normaliser::jumps() const {
  return std::visit(
      [](const auto& member) {
        if constexpr (requires { member.jumps(); })
          return member.jumps();
        else
          return requires { member.edge({}); };
      },
      member_.get().value);
}

Edge Normaliser::edge(std::span<const double> row) const {
  return std::visit(
      [&](const auto& member) -> Edge {
        if constexpr (requires { member.edge(row); })
          return member.edge(row);
        else
          throw std::logic_error("edge of a normaliser that does not jump: " + name());
      },
      member_.get().value);
}

namespace {

/// Moves the logits that `keep` accepts, with their keys, to the front and returns their number.
template <class Keep>
std::size_t compact(std::span<float> row, std::span<std::int32_t> keys, Keep keep) {
  std::size_t count = 0;
  for (std::size_t t = 0; t < row.size(); ++t) {
    if (!keep(row[t])) continue;
    row[count] = row[t];
    keys[count++] = keys[t];
  }
  return count;
}

}  // namespace

std::int64_t Normaliser::solve_row(std::span<float> row, std::span<std::int32_t> keys,
                                   const RowScratch& scratch) const {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  row = row.subspan(0, compact(row, keys, [](float s) { return s != -infinity; }));
  if (!std::all_of(row.begin(), row.end(), [](float s) { return s < infinity; })) {
    std::fill(row.begin(), row.end(), std::numeric_limits<float>::quiet_NaN());
    return static_cast<std::int64_t>(row.size());
  }
  if (row.empty()) return 0;
  std::visit(
      [&](const auto& member) {
        if constexpr (requires { member.solve(row, scratch); }) member.solve(row, scratch);
      },
      member_.get().value);
  return static_cast<std::int64_t>(compact(row, keys, [](float weight) { return weight > 0; }));
}

std::vector<MemberInfo> normaliser_infos() {
  return table_infos<NormaliserTable>(external_normaliser_infos());
}

}  // namespace attnlab
