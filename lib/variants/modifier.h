// Modifiers map a logit to a logit, depending on positions. Each is one file in modifiers/ and one row in
// modifiers/table.h.
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

/// A modifier with its parameters. It holds a struct of modifiers/table.h, the definition that every engine
/// compiles.
class Modifier {
 public:
  /// Parses `softcap(30)`. Throws ArgumentError (argument `modifier`).
  static Modifier parse(std::string_view text);

  std::string name() const;
  /// Shapes of learned parameters; empty if there are none.
  std::vector<WeightShape> weight_shapes(std::int64_t heads, std::int64_t head_dim) const;

  /// Whether it changes logits by operator(), before the normaliser.
  bool changes_logits() const;
  /// Whether it multiplies weights by exp(log_factor), after the normaliser.
  bool has_factor() const;
  /// Whether it leaves only some of the visible keys to a row.
  bool leaves_keys() const;

  /// The modifier with the constants of one head, such as ALiBi's slope.
  Modifier for_head(std::int64_t head, std::int64_t heads, const ScoreWeights& weights) const;
  /// The fact of a row that for_row needs. If it is not `none`, operator() may be called only on the result
  /// of for_row.
  RowFact fact() const;
  /// The position that a query (head_dim elements, as stored) predicts among the `keys` keys of its sequence,
  /// counted from the first of them; NaN if the modifier predicts none.
  double center(std::span<const float> query, const ScoreWeights& weights, std::int64_t keys) const;
  /// The modifier with the constants of one row.
  Modifier for_row(const RowFacts& row) const;
  /// The keys that it leaves to a row whose query predicts position `center`; RowFacts::every_key unless
  /// leaves_keys().
  KeyRange keys(double center) const;
  /// The modified logit; the logit itself unless changes_logits().
  double operator()(double logit, double query_position, double key_position) const;
  /// Logarithm of the factor of a weight; 0 unless has_factor().
  double log_factor(double query_position, double key_position) const;

  /// Defined in modifiers/table.h.
  const ModifierMember& member() const { return member_.get(); }

 private:
  explicit Modifier(const ModifierMember& member);
  Opaque<ModifierMember, 192> member_;
};

/// The highest fact that a modifier needs.
RowFact row_fact(std::span<const Modifier> modifiers);

/// RowFacts::center of a query of that sequence, from the first modifier that predicts a position.
double center_of(std::span<const Modifier> modifiers, std::span<const float> query,
                 const ScoreWeights& weights, const Sequence& sequence);

/// The keys that all modifiers leave to a row.
KeyRange keys_of(std::span<const Modifier> modifiers, double center);

/// An entry for each row of the table, for `attnlab list`.
std::vector<MemberInfo> modifier_infos();

}  // namespace attnlab
