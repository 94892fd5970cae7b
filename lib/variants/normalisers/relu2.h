// relu2: max(s, 0)^2 / n_i, n_i the number of visible keys of the row; each weight depends only on its logit.
// Squared ReLU instead of softmax, divided by the length of the sequence: Wortsman et al., "Replacing softmax
// with ReLU in vision transformers", arXiv:2309.08586 (their h = relu^2 and alpha = 1). Weights do not sum to
// 1 and may all be 0.
#pragma once

#include <span>
#include <vector>

#include "attnlab/variants/arguments.h"
#include "attnlab/variants/normalisers/kind.h"
#include "attnlab/variants/normalisers/row_keys.h"
#include "attnlab/variants/real.h"

namespace attnlab {

struct Relu2 {
  static constexpr MemberInfo info{"relu2", "", "relu2", "max(s, 0)^2 / n, n visible keys",
                                   "Wortsman et al., arXiv:2309.08586"};
  static constexpr NormaliserKind kind = NormaliserKind::elementwise;
  double share = 1;  ///< 1 / n

  static Relu2 parse(const Arguments& given) {
    given.require_count(0, 0, info.parameters);
    return {};
  }
  std::vector<double> arguments() const { return {}; }

  Relu2 for_row(const RowKeys& keys) const {
    return {keys.count > 0 ? 1 / static_cast<double>(keys.count) : 0};
  }

  template <class Real>
  Real weight(Real logit) const {
    const Real positive = max(logit, Real(0));
    return positive * positive * Real(share);
  }

  /// ln of the weight, which may overflow or underflow.
  template <class Real>
  Real log_weight(Real logit) const {
    return Real(2) * log(max(logit, Real(0))) + Real(log_share());
  }

  void weights(std::span<double> row) const {
    const double n = static_cast<double>(row.size());
    for (double& value : row) value = value <= 0 ? 0 : value * value / n;
  }

 private:
  double log_share() const { return std::log(share); }
};

}  // namespace attnlab
