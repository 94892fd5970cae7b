// concat(a): v^T tanh(W [q; k]) with W (a x 2 head_dim), v (a). Luong et al., arXiv:1508.04025.
#pragma once

#include <cstdint>
#include <vector>

#include "attnlab/variants/arguments.h"
#include "attnlab/variants/score_weights.h"

namespace attnlab {

struct Concat {
  static constexpr MemberInfo info{"concat", "1 <= a <= 512 (32)", "concat(20)",
                                   "v^T tanh(W [q; k]), a hidden units", "Luong et al., arXiv:1508.04025"};
  std::int64_t hidden = 32;

  static Concat parse(const Arguments& given) {
    given.require_count(0, 1, info.parameters);
    if (given.count() == 0) return {};
    return {given.integer(0, "a", 1, max_hidden)};
  }
  std::vector<double> arguments() const { return {static_cast<double>(hidden)}; }
  std::vector<WeightShape> weights(std::int64_t head_dim) const {
    return {{"W", hidden, 2 * head_dim}, {"v", 1, hidden}};
  }
  /// W [q; k] = Wq q + Wk k: the two halves of each row of W.
  PairwiseNet net(std::int64_t head_dim, const ScoreWeights& weights) const {
    const float* both = weights.find("W")->second.values.data();
    return {.head_dim = head_dim,
            .hidden = hidden,
            .query_projection = both,
            .key_projection = both + head_dim,
            .projection_stride = 2 * head_dim,
            .out = weights.find("v")->second.values.data()};
  }
};

}  // namespace attnlab
