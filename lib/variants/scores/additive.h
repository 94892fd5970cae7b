// additive(a): v^T tanh(W q + U k) with W and U (a x head_dim), v (a). Bahdanau et al., arXiv:1409.0473.
#pragma once

#include <cstdint>
#include <vector>

#include "attnlab/variants/arguments.h"
#include "attnlab/variants/score_weights.h"

namespace attnlab {

struct Additive {
  static constexpr MemberInfo info{"additive", "1 <= a <= 512 (32)", "additive(20)",
                                   "v^T tanh(W q + U k), a hidden units", "Bahdanau et al., arXiv:1409.0473"};
  std::int64_t hidden = 32;

  static Additive parse(const Arguments& given) {
    given.require_count(0, 1, info.parameters);
    if (given.count() == 0) return {};
    return {given.integer(0, "a", 1, max_hidden)};
  }
  std::vector<double> arguments() const { return {static_cast<double>(hidden)}; }
  std::vector<WeightShape> weights(std::int64_t head_dim) const {
    return {{"W", hidden, head_dim}, {"U", hidden, head_dim}, {"v", 1, hidden}};
  }
  PairwiseNet net(std::int64_t head_dim, const ScoreWeights& weights) const {
    return {.head_dim = head_dim,
            .hidden = hidden,
            .query_projection = weights.find("W")->second.values.data(),
            .key_projection = weights.find("U")->second.values.data(),
            .projection_stride = head_dim,
            .out = weights.find("v")->second.values.data()};
  }
};

}  // namespace attnlab
