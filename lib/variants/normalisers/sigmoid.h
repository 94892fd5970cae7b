// sigmoid: 1 / (1 + exp(-(s + b))), each weight by itself. b is -ln n_i, n_i the number of visible keys of
// the row, unless given. Ramapuram et al., arXiv:2409.04431.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "attnlab/variants/arguments.h"
#include "attnlab/variants/normalisers/kind.h"
#include "attnlab/variants/normalisers/positive.h"
#include "attnlab/variants/normalisers/row_keys.h"
#include "attnlab/variants/real.h"

namespace attnlab {

/// ln of logistic(x).
inline double log_logistic(double x) { return std::min(x, 0.0) - std::log1p(std::exp(-std::abs(x))); }

struct Sigmoid {
  static constexpr MemberInfo info{"sigmoid", "b (-ln n, n visible keys)", "sigmoid",
                                   "1 / (1 + exp(-(s + b)))", "Ramapuram et al., arXiv:2409.04431"};
  static constexpr NormaliserKind kind = NormaliserKind::elementwise;
  std::optional<double> bias;

  static Sigmoid parse(const Arguments& given) {
    given.require_count(0, 1, info.parameters);
    if (given.count() == 0) return {};
    constexpr double largest = std::numeric_limits<float>::max();
    return {given.number(0, "b", -largest, largest)};
  }
  std::vector<double> arguments() const { return bias ? std::vector<double>{*bias} : std::vector<double>{}; }

  Sigmoid for_row(const RowKeys& keys) const { return {bias.value_or(-static_cast<double>(keys.log))}; }

  /// -inf has weight 0, +inf weight 1.
  template <class Real>
  Real weight(Real logit) const {
    return logistic(logit + Real(bias.value_or(0)));
  }
  /// Logarithm of the weight, which may itself underflow.
  template <class Real>
  Real log_weight(Real logit) const {
    return log_logistic(logit + Real(bias.value_or(0)));
  }

  void weights(std::span<double> row) const {
    const Sigmoid own{bias.value_or(-std::log(static_cast<double>(row.size())))};
    constexpr double nothing = -std::numeric_limits<double>::infinity();
    for (double& value : row) value = value == nothing ? 0 : positive(own.weight(value));
  }
};

}  // namespace attnlab
