// local_p(D): the query predicts a position, p_i = n sigmoid(v . tanh(W q_i)), n the number of keys of the
// sequence. The row sees the keys within D of it, and their weights are multiplied by exp(-(j - p_i)^2 / (2
// sigma^2)), sigma = D / 2. Luong et al., arXiv:1508.04025, equations 9 and 10.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "attnlab/variants/arguments.h"
#include "attnlab/variants/key_set.h"
#include "attnlab/variants/modifiers/gaussian.h"
#include "attnlab/variants/modifiers/row_facts.h"
#include "attnlab/variants/score_weights.h"

namespace attnlab {

struct LocalP {
  static constexpr MemberInfo info{
      "local_p", "D > 0 keys", "local_p(40)",
      "keys within D of p_i = n sigmoid(v . tanh(W q_i)); after the normaliser: weight times "
      "exp(-2 ((j - p_i) / D)^2); learned: PREFIX_local_w.npy (d x d), PREFIX_local_v.npy (d)",
      "Luong et al., arXiv:1508.04025"};
  static constexpr RowFact fact = RowFact::center;
  double width;
  double whole = 0;     ///< whole part of p_i, apart from the fraction, which float32 would lose in the sum
  double fraction = 0;  ///< p_i - whole

  static LocalP parse(const Arguments& given) { return {Gaussian::parse(given).width}; }
  std::vector<double> arguments() const { return {width}; }

  std::vector<WeightShape> weights(std::int64_t /*heads*/, std::int64_t head_dim) const {
    return {{"local_w", head_dim, head_dim}, {"local_v", 1, head_dim}};
  }

  /// p of a query as stored.
  double center(std::span<const float> query, const ScoreWeights& weights, std::int64_t keys) const {
    const std::vector<float>& w = weights.find("local_w")->second.values;
    const std::vector<float>& v = weights.find("local_v")->second.values;
    double sum = 0;
    for (std::size_t unit = 0; unit < v.size(); ++unit) {
      double hidden = 0;
      for (std::size_t c = 0; c < query.size(); ++c)
        hidden += static_cast<double>(w[unit * query.size() + c]) * static_cast<double>(query[c]);
      sum += static_cast<double>(v[unit]) * std::tanh(hidden);
    }
    return static_cast<double>(keys) / (1 + std::exp(-sum));
  }

  LocalP for_row(const RowFacts& row) const {
    return {width, std::floor(row.center), row.center - std::floor(row.center)};
  }

  /// The keys within D of p; every key if the query is NaN.
  KeyRange keys(double center) const {
    if (std::isnan(center)) return RowFacts::every_key;
    return {static_cast<std::int64_t>(std::ceil(center - width)),
            static_cast<std::int64_t>(std::floor(center + width)) + 1};
  }

  template <class Real>
  Real log_factor(Real /*query*/, Real key) const {
    const Real offset = ((key - Real(whole)) - Real(fraction)) * Real(1 / width);
    return Real(-2) * offset * offset;
  }
};

}  // namespace attnlab
