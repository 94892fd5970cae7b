// mlp(a): w^T act(W1 [q; k]); mlp(a, b): w^T act(W2 act(W1 [q; k])). W1 (a x 2 head_dim), W2 (b x a), w (a or
// b).
#pragma once

#include <cstdint>
#include <vector>

#include "attnlab/variants/arguments.h"
#include "attnlab/variants/score_weights.h"

namespace attnlab {

template <Activation activation>
struct Mlp {
  static constexpr bool is_tanh = activation == Activation::tanh;
  static constexpr MemberInfo info{is_tanh ? "mlp" : "mlp_relu",
                                   "1 <= a <= 512 (32), 1 <= b <= 512 (no second layer)",
                                   is_tanh ? "mlp(20)" : "mlp_relu(20,12)",
                                   is_tanh ? "w^T tanh(W2 tanh(W1 [q; k]))" : "w^T relu(W2 relu(W1 [q; k]))",
                                   "Bahdanau et al., arXiv:1409.0473, with a deeper alignment network"};
  std::int64_t hidden = 32;
  std::int64_t hidden2 = 0;

  static Mlp parse(const Arguments& given) {
    given.require_count(0, 2, info.parameters);
    Mlp mlp;
    if (given.count() > 0) mlp.hidden = given.integer(0, "a", 1, max_hidden);
    if (given.count() > 1) mlp.hidden2 = given.integer(1, "b", 1, max_hidden);
    return mlp;
  }
  std::vector<double> arguments() const {
    if (hidden2 == 0) return {static_cast<double>(hidden)};
    return {static_cast<double>(hidden), static_cast<double>(hidden2)};
  }
  std::vector<WeightShape> weights(std::int64_t head_dim) const {
    if (hidden2 == 0) return {{"W1", hidden, 2 * head_dim}, {"w", 1, hidden}};
    return {{"W1", hidden, 2 * head_dim}, {"W2", hidden2, hidden}, {"w", 1, hidden2}};
  }
  PairwiseNet net(std::int64_t head_dim, const ScoreWeights& weights) const {
    const float* both = weights.find("W1")->second.values.data();
    return {.head_dim = head_dim,
            .hidden = hidden,
            .hidden2 = hidden2,
            .query_projection = both,
            .key_projection = both + head_dim,
            .projection_stride = 2 * head_dim,
            .second = hidden2 == 0 ? nullptr : weights.find("W2")->second.values.data(),
            .out = weights.find("w")->second.values.data(),
            .activation = activation};
  }
};

}  // namespace attnlab
