// Theory of the dispersion of a softmax row: laws for logits of known distribution, and bounds for logits of
// known spread.
#pragma once

#include <optional>

namespace attnlab {

/// Predictions for a row; a law that does not hold for its n is absent.
struct DispersionLaw {
  std::optional<double> entropy;              ///< nats
  std::optional<double> participation_ratio;  ///< keys
  std::optional<double> needle_weight;
};

/// Softmax over n keys with independent N(0, sigma^2) logits, for n so large that sums of exponentials are
/// close to their means: entropy ln n - sigma^2 / 2, participation n exp(-sigma^2). A sum of exp(beta s) is
/// close to its mean if beta^2 sigma^2 < 2 ln n; otherwise a few largest keys dominate it (Derrida's random
/// energy model, doi:10.1103/PhysRevB.24.2613). beta is 1 for the entropy, 2 for the participation.
DispersionLaw gaussian_law(double n, double sigma);

/// The same with one key of logit delta among n - 1 keys of N(0, 1) logits, n > 1. The weight of the key is
/// exp(delta) / (exp(delta) + (n - 1) exp(1/2)), which goes to 0 for every fixed delta as n grows
/// (arXiv:2410.01104).
DispersionLaw needle_law(double n, double delta);

/// C(delta) = delta / (exp(delta) - 1) - 1 + ln((exp(delta) - 1) / delta), in nats, for a row whose logits
/// have spread delta >= 0 (largest minus smallest): the weights of softmax lie in [exp(-delta) / n,
/// exp(delta) / n], and the entropy is at least ln n - C(delta), for every n. (ln n - H) / C(delta) is the
/// used share of the sharpness that the spread allows.
double reachable_sharpness(double spread);

/// n / cosh^2(delta / 2): the least participation ratio of softmax over n logits of spread delta.
double least_participation_ratio(double n, double spread);

}  // namespace attnlab
