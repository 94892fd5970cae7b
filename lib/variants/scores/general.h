// general: q^T W k with W (head_dim x head_dim). Luong et al., arXiv:1508.04025.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "attnlab/variants/arguments.h"
#include "attnlab/variants/score_weights.h"

namespace attnlab {

struct General {
  static constexpr MemberInfo info{"general", "", "general", "q^T W k", "Luong et al., arXiv:1508.04025"};

  static General parse(const Arguments& given) {
    given.require_count(0, 0, info.parameters);
    return {};
  }
  std::vector<double> arguments() const { return {}; }
  std::vector<WeightShape> weights(std::int64_t head_dim) const { return {{"W", head_dim, head_dim}}; }

  /// W^T q, so that the score is a plain dot product with k.
  template <class Real>
  void query(std::span<const Real> in, std::span<Real> out, const ScoreWeights& weights) const {
    const std::vector<float>& matrix = weights.find("W")->second.values;
    std::fill(out.begin(), out.end(), Real(0));
    for (std::size_t row = 0; row < in.size(); ++row)
      for (std::size_t column = 0; column < in.size(); ++column)
        out[column] += static_cast<Real>(matrix[row * in.size() + column]) * in[row];
  }
};

}  // namespace attnlab
