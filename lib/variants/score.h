// Scores: how a query meets a key. Each is one file in scores/ and one row in scores/table.h.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attnlab/variants/arguments.h"
#include "attnlab/variants/hidden.h"
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

  /// Product scores, in place on head_dim elements: s_ij = query(q_i) . key(k_j). Real is float or double.
  template <class Real>
  void transform_query(std::span<Real> q, const ScoreWeights& weights) const;
  template <class Real>
  void transform_key(std::span<Real> k, const ScoreWeights& weights) const;

  /// False if transform_key leaves keys as they are.
  bool transforms_keys() const;

  /// Hidden units of a pairwise score; 0 for product scores.
  std::int64_t hidden() const;

  /// Pairwise scores: the net, which points into `weights`. Product scores: an empty one.
  PairwiseNet net(std::int64_t head_dim, const ScoreWeights& weights) const;

 private:
  explicit Score(const ScoreMember& member);
  Hidden<ScoreMember> member_;
};

std::vector<MemberInfo> score_infos();

}  // namespace attnlab
