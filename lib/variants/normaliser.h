// Normalisers map a row of logits to a row of weights. Each is one file in normalisers/ and one row in
// normalisers/table.h. Its kind selects the plan; engines depend on kinds, never on names.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attnlab/variants/arguments.h"
#include "attnlab/variants/normalisers/edge.h"
#include "attnlab/variants/normalisers/kind.h"
#include "attnlab/variants/normalisers/row_scratch.h"
#include "attnlab/variants/opaque.h"

namespace attnlab {

struct NormaliserMember;

class Normaliser {
 public:
  /// Parses `entmax(1.5)`. Throws ArgumentError (argument `normaliser`).
  static Normaliser parse(std::string_view text);

  std::string name() const;
  NormaliserKind kind() const;

  /// row_threshold: the factor in z = scale s, to which the threshold applies. 1 for other kinds.
  double scale() const;

  /// online: the logit of an additional key with value 0 that every row sees; -inf if there is none.
  double null_logit() const;

  /// The definition, for the oracle: replaces the visible logits of one row by their weights, in float64,
  /// without code of the engines. A logit of -inf has weight 0. NaN or +inf makes every weight NaN
  /// (elementwise: NaN only its own weight, and +inf counts as a large number). If all logits are -inf, all
  /// weights are 0.
  void weights(std::span<double> row) const;

  /// Whether weights jump when two logits change order, so that near the jump rounding decides them.
  bool jumps() const;

  /// The logits on both sides of the jump. Precondition: jumps(), and at least one logit, all finite.
  Edge edge(std::span<const double> row) const;

  /// full_row, for the engines: replaces the logits of a row and their keys, in key order, by the weights
  /// above 0 and their keys, in place, and returns their number. NaN and infinities are treated as in
  /// weights(). Allocates nothing; `scratch` is as long as the row.
  std::int64_t solve_row(std::span<float> row, std::span<std::int32_t> keys, const RowScratch& scratch) const;

  /// Defined in normalisers/table.h.
  const NormaliserMember& member() const { return member_.get(); }

 private:
  explicit Normaliser(const NormaliserMember& member);
  Opaque<NormaliserMember> member_;
};

std::vector<MemberInfo> normaliser_infos();

}  // namespace attnlab
