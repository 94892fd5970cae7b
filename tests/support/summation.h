// Error bounds of the statistics of one pass over a row, from the rounding of its sums.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "attnlab/dispersion/row_statistics.h"

namespace attnlab {

/// Bounds for sums of at most `terms` terms, each rounded by `unit` times the sum of magnitudes. A share is a
/// quotient of two sums; entropies are sums of logarithms, relative to the largest weight or to 1, varentropy
/// is a sum of their squares.
inline std::array<double, statistic_names.size()> summation_error(std::span<const double> weights,
                                                                  std::span<const double> value_norms,
                                                                  const RowStatistics& exact, double terms,
                                                                  double unit) {
  const double largest = *std::max_element(weights.begin(), weights.end());
  double sum = 0, logs = 0, squares = 0, value_sum = 0, value_logs = 0;
  for (std::size_t t = 0; t < weights.size(); ++t) {
    if (weights[t] == 0) continue;
    const double u = std::max(std::abs(std::log(weights[t] / largest)), std::abs(std::log(weights[t])));
    sum += weights[t];
    logs += weights[t] * u;
    squares += weights[t] * u * u;
    if (value_norms[t] == 0) continue;
    value_sum += weights[t] * value_norms[t];
    value_logs += weights[t] * value_norms[t] * (u + std::abs(std::log(value_norms[t])));
  }
  const double log_of_share = 1 + std::log(sum / largest) + std::log(static_cast<double>(weights.size()));
  const double own =
      static_cast<double>(weights.size()) * 0x1p-52 * (log_of_share * log_of_share + squares / sum);
  std::array<double, statistic_names.size()> allowed{};
  for (std::size_t s = 0; s < allowed.size(); ++s) {
    double magnitude = std::abs(exact.values[s]);
    switch (static_cast<Statistic>(s)) {
      case Statistic::support:
      case Statistic::sparsity:
        magnitude = 0;
        break;
      case Statistic::varentropy:
        magnitude = 2 * squares / sum;
        break;
      case Statistic::normalised_entropy:
        magnitude += (1 + logs / sum) / std::log(static_cast<double>(weights.size()));
        break;
      case Statistic::value_entropy:
        magnitude += 1 + value_logs / value_sum;
        break;
      case Statistic::effective_support:
        magnitude *= 1 + logs / sum;
        break;
      default:
        if (statistic_infos[s].unit == "nats") magnitude += 1 + logs / sum;
    }
    allowed[s] = 2 * terms * unit * magnitude;
    // The definition has sums of its own, of logarithms of shares.
    if (magnitude > 0 || statistic_infos[s].unit.starts_with("nats")) allowed[s] += own;
  }
  return allowed;
}

}  // namespace attnlab
