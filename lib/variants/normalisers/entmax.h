// entmax(alpha), 1 < alpha <= 2: max((alpha - 1) s - tau, 0)^(1 / (alpha - 1)). Peters, Niculae and Martins,
// arXiv:1905.05702. alpha = 2 is sparsemax; alpha -> 1 is softmax.
//
// Near alpha = 1 all excesses are near 1, and the power 1 / (alpha - 1) multiplies the rounding of an excess.
// So the weight is then computed from `below`, the excess less 1, as exp(log1p(below) / (alpha - 1)).
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

/// log1p(x) for x > -1: the rounding of 1 + x cancels in the quotient (Kahan).
template <class Real>
Real log_one_plus(Real x) {
  const Real sum = Real(1) + x;
  const Real rounded = sum - Real(1);
  return select(rounded == Real(0), x, log(sum) * (x / rounded));
}

/// The weights of entmax as functions of the excess less 1.
struct EntmaxNearOne {
  static constexpr float origin = 1;  ///< what `weight` and `slope` take is the excess less this
  double alpha;

  double scale() const { return alpha - 1; }
  double power() const { return 1 / (alpha - 1); }
  template <class Real>
  Real weight(Real below) const {
    return exp(Real(power()) * log_one_plus(below));
  }
  template <class Real>
  Real slope(Real below, Real weight) const {
    return Real(power()) * weight / (Real(1) + below);
  }
};

struct Entmax {
  static constexpr MemberInfo info{"entmax", "1 < alpha <= 2 (1.5)", "entmax(1.5)",
                                   "max((alpha-1) s - tau, 0)^(1/(alpha-1))",
                                   "Peters et al., arXiv:1905.05702"};
  static constexpr NormaliserKind kind = NormaliserKind::row_threshold;
  /// Row code is compiled separately for each of these, for which `weight` and `slope` need no pow.
  static constexpr double usual[]{1.25, 1.5, 2};
  /// Row code uses EntmaxNearOne below this, where the power is above 10.
  static constexpr double near_one_below = 1.1;
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

  bool is_near_one() const { return alpha < near_one_below; }
  EntmaxNearOne near_one() const { return {alpha}; }
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

  /// Sorts, then bisects t in the weights [1 + (alpha - 1) (s - max s - t)]^(1 / (alpha - 1)) over the keys
  /// that can be on the support. At t = 0 the largest weight is 1; at ln n none is above 1 / n.
  void weights(std::span<double> row) const {
    const double maximum = *std::max_element(row.begin(), row.end());
    const auto below = [&](double logit, double t) { return scale() * (logit - maximum - t); };
    std::vector<double> candidates;
    for (const double logit : row)
      if (below(logit, 0) > -1) candidates.push_back(logit);
    std::sort(candidates.begin(), candidates.end(), std::greater<>());
    double low = 0;
    double high = std::min(power(), std::log(static_cast<double>(candidates.size())));
    constexpr double closest = 0x1p-60;
    for (double t = high / 2; low < t && t < high && high - low > closest; t = low + (high - low) / 2) {
      double sum = 0;
      for (auto logit = candidates.begin(); logit != candidates.end() && below(*logit, t) > -1; ++logit)
        sum += near_one().weight(below(*logit, t));
      (sum >= 1 ? low : high) = t;
    }
    double sum = 0;
    for (double& value : row) {
      const double of_key = below(value, low);
      sum += value = of_key > -1 ? positive(near_one().weight(of_key)) : 0;
    }
    for (double& value : row) value = value > 0 ? positive(value / sum) : 0;
  }
};

}  // namespace attnlab
