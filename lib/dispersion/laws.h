// What theory says of the dispersion of a softmax row: laws for logits of known distribution, and bounds for
// logits of known spread.
#pragma once

#include <optional>

namespace attnlab {

/// Of a row; a law that does not hold for its n is absent.
struct DispersionLaw {
  std::optional<double> entropy;              ///< nats
  std::optional<double> participation_ratio;  ///< keys
  std::optional<double> needle_weight;
};

/// Softmax over n keys whose logits are independent N(0, sigma^2), for n so large that sums of exponentials
/// are their means: entropy ln n - sigma^2 / 2, participation n exp(-sigma^2). Sums of exp(beta s) are where
/// beta^2 sigma^2 < 2 ln n, and belong to the few largest keys beyond (Derrida's random energy model,
/// doi:10.1103/PhysRevB.24.2613); beta is 1 for the entropy, 2 for the participation.
DispersionLaw gaussian_law(double n, double sigma);

/// The same with one key of logit delta among n - 1 that are N(0, 1), n > 1. It weighs w = exp(delta) /
/// (exp(delta) + (n - 1) exp(1/2)), so that every fixed delta is lost as n grows (arXiv:2410.01104).
DispersionLaw needle_law(double n, double delta);

/// C(delta) = delta / (exp(delta) - 1) - 1 + ln((exp(delta) - 1) / delta), nats, of the spread delta >= 0 of
/// a row's logits (largest less smallest): weights of softmax lie in [exp(-delta) / n, exp(delta) / n], and
/// the entropy is at least ln n - C(delta), however large n is. (ln n - H) / C(delta) is the share of the
/// sharpness within a head's reach that it uses.
double reachable_sharpness(double spread);

/// n / cosh^2(delta / 2): the least participation ratio of softmax over n logits of spread delta.
double least_participation_ratio(double n, double spread);

}  // namespace attnlab
