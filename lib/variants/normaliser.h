// Normalisers: a row of logits to a row of weights. Each is one file in normalisers/ and one row in
// normalisers/table.h; its kind picks the plan, and no engine knows its name.
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

  /// row_threshold: z = scale s is what the threshold is taken of. 1 for the other kinds.
  double scale() const;

  /// online: the logit of one more key, which every row sees and whose value is 0; -inf if there is none.
  double null_logit() const;

  /// The definition, for the oracle: replaces the visible logits of one row by their weights. Float64, sorts
  /// where it has to, shares no code with the engines. -inf weighs 0. A NaN or +inf makes every weight NaN
  /// (elementwise: NaN its own, +inf is as any large number); a row with nothing above -inf weighs 0
  /// throughout.
  void weights(std::span<double> row) const;

  /// Whether weights jump where two logits change places, so that near there rounding decides them.
  bool jumps() const;

  /// Where they do, in finite logits, not empty. Only if jumps().
  Edge edge(std::span<const double> row) const;

  /// full_row, for the engines: turns the logits of a row and their keys, in key order, into the weights
  /// above 0 and their keys, in place, and returns how many those are. What weights() says of NaN and
  /// infinities holds. Allocates nothing; `scratch` is as long as the row.
  std::int64_t solve_row(std::span<float> row, std::span<std::int32_t> keys, const RowScratch& scratch) const;

  /// Defined in normalisers/table.h.
  const NormaliserMember& member() const { return member_.get(); }

 private:
  explicit Normaliser(const NormaliserMember& member);
  Opaque<NormaliserMember> member_;
};

std::vector<MemberInfo> normaliser_infos();

}  // namespace attnlab
