#include "attnlab/dispersion/laws.h"

#include <cmath>

namespace attnlab {

namespace {

/// Whether the sum of n terms exp(beta s), s from N(0, sigma^2), is close to its mean.
bool averages(double n, double beta, double sigma) { return beta * beta * sigma * sigma < 2 * std::log(n); }

}  // namespace

DispersionLaw gaussian_law(double n, double sigma) {
  DispersionLaw law;
  if (averages(n, 1, sigma)) law.entropy = std::log(n) - sigma * sigma / 2;
  if (averages(n, 2, sigma)) law.participation_ratio = n * std::exp(-sigma * sigma);
  return law;
}

DispersionLaw needle_law(double n, double delta) {
  const DispersionLaw others = gaussian_law(n - 1, 1);
  const double w = 1 / (1 + (n - 1) * std::exp(0.5 - delta));
  const double rest = 1 - w;
  DispersionLaw law;
  if (others.entropy) {
    law.needle_weight = w;
    // Entropy of a mixture: that of the mixing weights plus that of the spread part. x ln x is 0 at 0.
    const auto x_ln_x = [](double x) { return x > 0 ? x * std::log(x) : 0; };
    law.entropy = -x_ln_x(w) - x_ln_x(rest) + rest * *others.entropy;
  }
  if (others.participation_ratio)
    law.participation_ratio = 1 / (w * w + rest * rest / *others.participation_ratio);
  return law;
}

double reachable_sharpness(double spread) {
  // Near 0 the closed form loses all digits to cancellation; there C = delta^2 / 8 - delta^4 / 576 + ….
  if (spread < 0.01) return spread * spread / 8 - std::pow(spread, 4) / 576;
  // Written in exp(-delta), which does not overflow.
  const double filled = -std::expm1(-spread);
  return spread * std::exp(-spread) / filled - 1 + spread + std::log(filled / spread);
}

double least_participation_ratio(double n, double spread) {
  // 1 / cosh(x) = 2 exp(-x) / (1 + exp(-2 x)).
  const double e = std::exp(-spread / 2);
  const double inverse = 2 * e / (1 + e * e);
  return n * inverse * inverse;
}

}  // namespace attnlab
