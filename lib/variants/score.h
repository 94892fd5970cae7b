// Scores: how a query meets a key. Each is one file in scores/ and one row in scores/table.h.
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
  pairwise,  ///< a small network on every (query, key) pair: PairwiseNet
};

class Score {
 public:
  /// Parses `scaled_dot` or `additive(32)`. Throws ArgumentError (argument `score`).
  static Score parse(std::string_view text);

  std::string name() const;
  ScoreKind kind() const;

  /// Learned parameters for a head dimension; empty for scores that learn nothing. One set serves all heads.
  std::vector<WeightShape> weight_shapes(std::int64_t head_dim) const;

  /// Numbers of a prepared query or key: head_dim unless a product score says otherwise; the hidden units of
  /// a pairwise score.
  std::int64_t width(std::int64_t head_dim) const;

  /// Product scores: s_ij is factor times the dot product of a prepared query and a prepared key. Real is
  /// float or double. The factor is apart so that a product of bfloat16 numbers can be scaled in float32: a
  /// scaled query would have to be rounded again.
  template <class Real>
  Real factor(std::int64_t head_dim) const;

  /// Prepares a query or a key of a product score. `in` has head_dim numbers, `out` width(head_dim), and they
  /// do not overlap. Real is float or double.
  template <class Real>
  void prepare_query(std::span<const Real> in, std::span<Real> out, const ScoreWeights& weights) const;
  template <class Real>
  void prepare_key(std::span<const Real> in, std::span<Real> out, const ScoreWeights& weights) const;

  /// False if a prepared query (key) is the query (key) itself.
  bool transforms_queries() const;
  bool transforms_keys() const;

  /// Whether prepared numbers would lose too much in bfloat16, so that products have to be of float32.
  bool needs_float32() const;

  /// Hidden units of a pairwise score; 0 for product scores.
  std::int64_t hidden() const;

  /// Pairwise scores: the net, which points into `weights`. Product scores: an empty one.
  PairwiseNet net(std::int64_t head_dim, const ScoreWeights& weights) const;

 private:
  explicit Score(const ScoreMember& member);
  Opaque<ScoreMember> member_;
};

std::vector<MemberInfo> score_infos();

}  // namespace attnlab
