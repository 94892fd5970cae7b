// Scores: the logit of a query and a key. Each is one file in scores/ and one row in scores/table.h.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attnlab/variants/arguments.h"
#include "attnlab/variants/opaque.h"
#include "attnlab/variants/score_weights.h"

namespace attnlab {

struct ScoreMember;

enum class ScoreKind {
  product,   ///< dot product of a transformed query and a transformed key
  pairwise,  ///< a small network for every (query, key) pair: PairwiseNet
};

class Score {
 public:
  /// Parses `scaled_dot` or `additive(32)`. Throws ArgumentError (argument `score`).
  static Score parse(std::string_view text);

  std::string name() const;
  ScoreKind kind() const;

  /// Shapes of learned parameters for a head dimension, shared by all heads; empty if there are none.
  std::vector<WeightShape> weight_shapes(std::int64_t head_dim) const;

  /// Width of a prepared query or key: head_dim unless a product score defines another; the hidden units of a
  /// pairwise score.
  std::int64_t width(std::int64_t head_dim) const;

  /// Product scores: s_ij is factor times the dot product of a prepared query and a prepared key. Real is
  /// float or double. The factor is separate so that a product of bfloat16 numbers can be scaled in float32;
  /// a scaled query would be rounded again.
  template <class Real>
  Real factor(std::int64_t head_dim) const;

  /// Prepares a query or a key of a product score. `in` has head_dim numbers, `out` width(head_dim), and they
  /// do not overlap. Real is float or double.
  template <class Real>
  void prepare_query(std::span<const Real> in, std::span<Real> out, const ScoreWeights& weights) const;
  template <class Real>
  void prepare_key(std::span<const Real> in, std::span<Real> out, const ScoreWeights& weights) const;

  /// False if a prepared query (or key) equals the query (or key).
  bool transforms_queries() const;
  bool transforms_keys() const;

  /// Whether products must be in float32, because bfloat16 would round prepared numbers too much.
  bool needs_float32() const;

  /// Hidden units of a pairwise score; 0 for product scores.
  std::int64_t hidden() const;

  /// The net of a pairwise score, with pointers into `weights`; an empty net for product scores.
  PairwiseNet net(std::int64_t head_dim, const ScoreWeights& weights) const;

 private:
  explicit Score(const ScoreMember& member);
  Opaque<ScoreMember> member_;
};

std::vector<MemberInfo> score_infos();

}  // namespace attnlab
