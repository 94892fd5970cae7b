// entmax(alpha), 1 < alpha <= 2: max((alpha - 1) s - tau, 0)^(1 / (alpha - 1)). Peters, Niculae and Martins,
// arXiv:1905.05702. alpha = 2 is sparsemax; alpha -> 1 is softmax.
#pragma once

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <span>
#include <string_view>
#include <system_error>
#include <vector>

#include "attnlab/core/argument_error.h"
#include "attnlab/variants/arguments.h"
#include "attnlab/variants/normalisers/kind.h"
#include "attnlab/variants/normalisers/positive.h"
#include "attnlab/variants/real.h"

namespace attnlab {

struct Entmax {
  static constexpr MemberInfo info{"entmax", "1 < alpha <= 2 (1.5)", "entmax(1.5)",
                                   "max((alpha-1) s - tau, 0)^(1/(alpha-1))",
                                   "Peters et al., arXiv:1905.05702"};
  static constexpr NormaliserKind kind = NormaliserKind::row_threshold;
  /// Row code is compiled separately for each of these, for which `weight` and `slope` need no pow.
  static constexpr double usual[]{1.25, 1.5, 2};
  double alpha = 1.5;

  bool operator==(const Entmax&) const = default;

  static Entmax parse(const Arguments& given) {
    given.require_count(0, 1, info.parameters);
    if (given.count() == 0) return {};
    double alpha = 0;
    const std::string_view text = given.text(0);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), alpha);
    if (error == std::errc() && end == text.data() + text.size() && alpha == 1)
      throw ArgumentError("normaliser", given.to_string(), "alpha = 1 is softmax", "1 < alpha <= 2");
    return {given.number(0, "alpha", 1, 2)};
  }
  std::vector<double> arguments() const { return {alpha}; }

  double scale() const { return alpha - 1; }
  double power() const { return 1 / (alpha - 1); }
  template <class Real>
  Real weight(Real excess) const {
    if (alpha == 1.25) return excess * excess * (excess * excess);
    if (alpha == 1.5) return excess * excess;
    if (alpha == 2) return excess;
    return pow_of_share(excess, Real(power()));
  }
  /// Derivative of the weight at `excess`; `weight` is the weight there.
  template <class Real>
  Real slope(Real excess, Real weight) const {
    if (alpha == 1.25) return Real(4) * excess * (excess * excess);
    if (alpha == 1.5) return Real(2) * excess;
    if (alpha == 2) return Real(1);
    return Real(power()) * weight / excess;
  }

  /// Sorts, then bisects tau between z_max - 1 and z_max, to adjacent doubles, over the keys that can be on
  /// the support.
  void weights(std::span<double> row) const {
    const double maximum = *std::max_element(row.begin(), row.end());
    std::vector<double> candidates;
    for (const double logit : row)
      if (scale() * (logit - maximum) > -1) candidates.push_back(scale() * (logit - maximum));
    std::sort(candidates.begin(), candidates.end(), std::greater<>());
    double low = -1;
    double high = 0;
    for (double tau = -0.5; low < tau && tau < high; tau = low + (high - low) / 2) {
      double sum = 0;
      for (auto z = candidates.begin(); z != candidates.end() && *z > tau; ++z)
        sum += std::pow(*z - tau, power());
      (sum >= 1 ? low : high) = tau;
    }
    double sum = 0;
    for (double& value : row) {
      const double excess = scale() * (value - maximum) - low;
      sum += value = excess > 0 ? positive(std::pow(excess, power())) : 0;
    }
    for (double& value : row) value = value > 0 ? positive(value / sum) : 0;
  }
};

}  // namespace attnlab
