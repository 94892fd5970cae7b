// Modifiers and normalisers that a program adds to the tables while it runs (attnlab/register_member.h). The
// tables hold such a member as the bytes of the author's struct and a table of functions, compiled in the
// author's program.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "attnlab/variants/arguments.h"
#include "attnlab/variants/key_set.h"
#include "attnlab/variants/modifiers/row_facts.h"
#include "attnlab/variants/normalisers/edge.h"
#include "attnlab/variants/normalisers/kind.h"
#include "attnlab/variants/normalisers/row_keys.h"
#include "attnlab/variants/normalisers/row_scratch.h"
#include "attnlab/variants/score_weights.h"

namespace attnlab {

/// The author's struct, trivially copyable.
struct MemberState {
  alignas(double) std::byte bytes[32];
};

/// Logits and weights of float32 that the functions below take at once are a multiple of this.
inline constexpr std::int64_t external_columns = 16;

struct ExternalModifierFunctions {
  MemberInfo info;
  RowFact fact;
  MemberState (*parse)(const Arguments& given);
  std::vector<double> (*arguments)(const MemberState& state);
  std::vector<WeightShape> (*weights)(const MemberState& state, std::int64_t heads, std::int64_t head_dim);
  MemberState (*for_head)(const MemberState& state, std::int64_t head, std::int64_t heads,
                          const ScoreWeights& weights);
  MemberState (*for_row)(const MemberState& state, const RowFacts& row);
  double (*center)(const MemberState& state, std::span<const float> query, const ScoreWeights& weights,
                   std::int64_t keys);
  /// Null where the member has no such function. Rows: `count` logits of keys first_key, first_key + 1, …, in
  /// place.
  KeyRange (*keys)(const MemberState& state, double center);
  double (*modify_one)(const MemberState& state, double logit, double query, double key);
  void (*modify_row)(const MemberState& state, float* logits, std::int64_t count, float query,
                     float first_key);
  double (*log_factor_one)(const MemberState& state, double query, double key);
  void (*add_log_factor_row)(const MemberState& state, float* logits, std::int64_t count, float query,
                             float first_key);
};

struct ExternalNormaliserFunctions {
  MemberInfo info;
  NormaliserKind kind;
  MemberState (*parse)(const Arguments& given);
  std::vector<double> (*arguments)(const MemberState& state);
  void (*weights)(const MemberState& state, std::span<double> row);
  double (*null_logit)(const MemberState& state);                   ///< kind online
  double (*scale)(const MemberState& state);                        ///< kind row_threshold
  Edge (*edge)(const MemberState& state, std::span<const double>);  ///< null: weights do not jump
  void (*solve)(const MemberState& state, std::span<float> row,
                const RowScratch& scratch);                               ///< kind full_row
  MemberState (*for_row)(const MemberState& state, const RowKeys& keys);  ///< kind elementwise
  /// Of external_columns numbers: logits (kind elementwise) or excesses (kind row_threshold).
  void (*weigh)(const MemberState& state, const float* numbers, float* weights);
  void (*slope)(const MemberState& state, const float* excess, const float* weights, float* slopes);
};

/// What the table of modifiers holds. Its functions have the names and meanings that members have
/// (modifier.h); always inlined, since row code calls them.
struct ExternalModifier {
  const ExternalModifierFunctions* functions;
  MemberState state;
  RowFact fact;

  std::vector<double> arguments() const { return functions->arguments(state); }
  std::vector<WeightShape> weights(std::int64_t heads, std::int64_t head_dim) const {
    return functions->weights(state, heads, head_dim);
  }
  ExternalModifier for_head(std::int64_t head, std::int64_t heads, const ScoreWeights& given) const {
    return {functions, functions->for_head(state, head, heads, given), fact};
  }
  double center(std::span<const float> query, const ScoreWeights& given, std::int64_t keys) const {
    return functions->center(state, query, given, keys);
  }
  [[gnu::always_inline]] ExternalModifier for_row(const RowFacts& row) const {
    return {functions, functions->for_row(state, row), fact};
  }
  bool changes_logits() const { return functions->modify_one != nullptr; }
  bool has_factor() const { return functions->log_factor_one != nullptr; }
  bool leaves_keys() const { return functions->keys != nullptr; }
  KeyRange keys(double expected) const {
    return leaves_keys() ? functions->keys(state, expected) : RowFacts::every_key;
  }
  double operator()(double logit, double query, double key) const {
    return changes_logits() ? functions->modify_one(state, logit, query, key) : logit;
  }
  double log_factor(double query, double key) const {
    return has_factor() ? functions->log_factor_one(state, query, key) : 0.0;
  }
  [[gnu::always_inline]] void modify_row(float* logits, std::int64_t count, float query,
                                         float first_key) const {
    if (functions->modify_row) functions->modify_row(state, logits, count, query, first_key);
  }
  [[gnu::always_inline]] void add_log_factor_row(float* logits, std::int64_t count, float query,
                                                 float first_key) const {
    if (functions->add_log_factor_row) functions->add_log_factor_row(state, logits, count, query, first_key);
  }
};

/// What the table of normalisers holds: one alternative for each kind.
template <NormaliserKind member_kind>
struct ExternalNormaliser {
  static constexpr NormaliserKind kind = member_kind;
  const ExternalNormaliserFunctions* functions;
  MemberState state;

  std::vector<double> arguments() const { return functions->arguments(state); }
  void weights(std::span<double> row) const { functions->weights(state, row); }
  double null_logit() const requires(member_kind == NormaliserKind::online) {
    return functions->null_logit(state);
  }
  bool jumps() const { return functions->edge != nullptr; }
  Edge edge(std::span<const double> row) const { return functions->edge(state, row); }
  void solve(std::span<float> row, const RowScratch& scratch) const
      requires(member_kind == NormaliserKind::full_row) {
    functions->solve(state, row, scratch);
  }
  [[gnu::always_inline]] double scale() const requires(member_kind == NormaliserKind::row_threshold) {
    return functions->scale(state);
  }

  [[gnu::always_inline]] ExternalNormaliser for_row(const RowKeys& keys) const
      requires(member_kind == NormaliserKind::elementwise) {
    return {functions, functions->for_row(state, keys)};
  }

  /// On a register of row code, or on a double, which is rounded to float32. The number goes through an
  /// array, whose tail repeats it.
  template <class Lane>
  [[gnu::always_inline]] Lane weight(Lane number) const
      requires(member_kind == NormaliserKind::elementwise || member_kind == NormaliserKind::row_threshold) {
    float numbers[external_columns];
    float weights[external_columns];
    spread(number, numbers);
    functions->weigh(state, numbers, weights);
    return first_of<Lane>(weights);
  }
  template <class Lane>
  [[gnu::always_inline]] Lane slope(Lane excess, Lane weight) const
      requires(member_kind == NormaliserKind::row_threshold) {
    float numbers[external_columns];
    float weights[external_columns];
    float slopes[external_columns];
    spread(excess, numbers);
    spread(weight, weights);
    functions->slope(state, numbers, weights, slopes);
    return first_of<Lane>(slopes);
  }

 private:
  template <class Lane>
  [[gnu::always_inline]] static void spread(Lane from, float* to) {
    if constexpr (std::is_same_v<Lane, double>)
      std::fill_n(to, external_columns, static_cast<float>(from));
    else
      for (std::int64_t t = 0; t < external_columns; t += Lane::width) from.store(to + t);
  }
  template <class Lane>
  [[gnu::always_inline]] static Lane first_of(const float* from) {
    if constexpr (std::is_same_v<Lane, double>)
      return static_cast<double>(*from);
    else
      return Lane::load(from);
  }
};

inline const MemberInfo& info_of(const ExternalModifier& member) { return member.functions->info; }
template <NormaliserKind kind>
const MemberInfo& info_of(const ExternalNormaliser<kind>& member) {
  return member.functions->info;
}

/// Adds a member to the tables of this process, for good; `functions` stays valid. Throws ArgumentError
/// (argument `member`) if the name is empty, holds anything but lower-case letters, digits and underscores,
/// or is taken. Thread-safe.
void register_functions(const ExternalModifierFunctions& functions);
void register_functions(const ExternalNormaliserFunctions& functions);

/// Null if no such member was added.
const ExternalModifierFunctions* find_external_modifier(std::string_view name);
const ExternalNormaliserFunctions* find_external_normaliser(std::string_view name);

/// Of the members that were added, in that order.
std::vector<MemberInfo> external_modifier_infos();
std::vector<MemberInfo> external_normaliser_infos();

}  // namespace attnlab
