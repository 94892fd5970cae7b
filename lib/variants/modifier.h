// Modifiers: logit to logit, by position. Each is one file in modifiers/ and one row in modifiers/table.h.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "attnlab/core/problem.h"
#include "attnlab/variants/arguments.h"
#include "attnlab/variants/modifiers/row_facts.h"
#include "attnlab/variants/opaque.h"
#include "attnlab/variants/score_weights.h"

namespace attnlab {

struct ModifierMember;

/// One modifier with its parameters; the alternative it holds is the definition that every engine compiles.
class Modifier {
 public:
  /// Parses `softcap(30)`. Throws ArgumentError (argument `modifier`).
  static Modifier parse(std::string_view text);

  std::string name() const;
  /// Learned parameters; empty for modifiers that learn nothing.
  std::vector<WeightShape> weight_shapes(std::int64_t heads, std::int64_t head_dim) const;

  /// Whether operator() changes logits, before the normaliser.
  bool changes_logits() const;
  /// Whether weights are multiplied by exp(log_factor), after the normaliser.
  bool has_factor() const;
  /// Whether it leaves only some of the visible keys to a row.
  bool leaves_keys() const;

  /// The modifier of one head: constants such as ALiBi's slope are fixed here.
  Modifier for_head(std::int64_t head, std::int64_t heads, const ScoreWeights& weights) const;
  /// What for_row has to know; operator() of a modifier that asks for something needs for_row first.
  RowFact fact() const;
  /// The key that a query (head_dim elements, as stored) expects among the `keys` of its sequence, counted
  /// from the first of them; NaN where it asks for none.
  double center(std::span<const float> query, const ScoreWeights& weights, std::int64_t keys) const;
  /// The modifier of one row.
  Modifier for_row(const RowFacts& row) const;
  /// The keys that it leaves to a row whose query expects `center`; RowFacts::every_key unless leaves_keys().
  KeyRange keys(double center) const;
  /// The modified logit; the logit itself unless changes_logits().
  double operator()(double logit, double query_position, double key_position) const;
  /// ln of what a weight is multiplied by; 0 unless has_factor().
  double log_factor(double query_position, double key_position) const;

  /// Defined in modifiers/table.h.
  const ModifierMember& member() const { return member_.get(); }

 private:
  explicit Modifier(const ModifierMember& member);
  Opaque<ModifierMember, 192> member_;
};

/// The most that any of them asks for.
RowFact row_fact(std::span<const Modifier> modifiers);

/// RowFacts::center of a query of that sequence: by the first of them that asks for it.
double center_of(std::span<const Modifier> modifiers, std::span<const float> query,
                 const ScoreWeights& weights, const Sequence& sequence);

/// The keys that all of them leave to a row.
KeyRange keys_of(std::span<const Modifier> modifiers, double center);

/// One entry a table row, for `attnlab list`.
std::vector<MemberInfo> modifier_infos();

}  // namespace attnlab
