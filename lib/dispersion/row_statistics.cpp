#include "attnlab/dispersion/row_statistics.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <limits>
#include <numeric>
#include <vector>

#include "attnlab/dispersion/laws.h"

namespace attnlab {

namespace {

constexpr double undefined = std::numeric_limits<double>::quiet_NaN();

/// Sums of the weights p, which are divided by their sum.
struct Spread {
  double entropy = 0;
  double squares = 0;      ///< sum p^2
  double log_squares = 0;  ///< sum p (ln p)^2

  explicit Spread(std::span<const double> weights) {
    const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
    if (!(sum >= least_weight)) entropy = squares = log_squares = undefined;
    for (const double weight : weights) {
      const double p = weight / sum;
      if (p == 0) continue;
      entropy -= p * std::log(p);
      squares += p * p;
      log_squares += p * std::log(p) * std::log(p);
    }
  }
};

double log_sum_exp(std::span<const double> logits) {
  const double maximum = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const double s : logits) sum += std::exp(s - maximum);
  return maximum + std::log(sum);
}

/// Largest minus smallest logit above -inf.
double spread_of(std::span<const double> logits) {
  double lowest = std::numeric_limits<double>::infinity();
  double highest = -lowest;
  for (const double s : logits) {
    if (s > -std::numeric_limits<double>::infinity()) lowest = std::min(lowest, s);
    highest = std::max(highest, s);
  }
  return highest - lowest;
}

}  // namespace

double distance_percentile(std::span<const double, distance_buckets> mass, double share) {
  const double total = std::accumulate(mass.begin(), mass.end(), 0.0);
  double sum = 0;
  for (std::size_t bucket = 0; bucket < distance_buckets; ++bucket) {
    sum += mass[bucket];
    if (sum >= share * total && sum > 0) return std::exp2(static_cast<double>(bucket)) - 1;
  }
  return undefined;
}

void hold_within_ranges(RowStatistics& row) {
  // The error of a float32 sum over a tile of at most 512 columns is smaller.
  constexpr double rounding = 1e-5;
  const auto hold = [&](Statistic statistic, double lowest, double highest) {
    double& value = row[statistic];
    if (value < lowest && value >= lowest - rounding * (1 + std::abs(lowest))) value = lowest;
    if (value > highest && value <= highest + rounding * (1 + std::abs(highest))) value = highest;
  };
  const double support = row[Statistic::support];
  for (const Statistic nats : {Statistic::entropy, Statistic::renyi2_entropy, Statistic::value_entropy})
    hold(nats, 0, std::log(support));
  for (const Statistic keys :
       {Statistic::participation_ratio, Statistic::effective_support, Statistic::value_participation_ratio})
    hold(keys, 1, support);
  for (const Statistic share :
       {Statistic::normalised_entropy, Statistic::max_weight, Statistic::sink_mass, Statistic::window_mass})
    hold(share, 0, 1);
  hold(Statistic::top8_mass, row[Statistic::max_weight], 1);
  hold(Statistic::top64_mass, row[Statistic::top8_mass], 1);
  hold(Statistic::sharpness, 0, std::log(static_cast<double>(row.visible)));
}

RowStatistics row_statistics(const WeightRow& row) {
  RowStatistics result;
  const auto visible = static_cast<double>(row.keys.size());
  result.visible = static_cast<std::int64_t>(row.keys.size());
  if (row.keys.empty()) return result;

  double sum = std::accumulate(row.weights.begin(), row.weights.end(), 0.0);
  if (!(sum >= least_weight)) sum = undefined;
  double sink = 0, window = 0, distances = 0;
  std::array<double, distance_buckets> mass{};
  std::vector<double> contributions;
  for (std::size_t t = 0; t < row.keys.size(); ++t) {
    const double weight = row.weights[t];
    contributions.push_back(weight == 0 ? 0 : weight / sum * row.value_norms[t]);
    const std::int64_t distance = std::abs(row.position - row.keys[t]);
    if (row.keys[t] - row.first_key < sink_keys) sink += weight;
    if (row.keys[t] <= row.position && distance < window_keys) window += weight;
    distances += weight * static_cast<double>(distance);
    mass[distance_bucket(distance)] += weight / sum;
  }
  if (std::isnan(sum)) mass.fill(undefined);
  std::vector<double> sorted(row.weights.begin(), row.weights.end());
  if (!std::isnan(sum)) std::sort(sorted.begin(), sorted.end(), std::greater<>());
  const auto top = [&](std::size_t k) {
    const auto end = sorted.begin() + static_cast<std::ptrdiff_t>(std::min(k, sorted.size()));
    return std::accumulate(sorted.begin(), end, 0.0) / sum;
  };
  const Spread spread(row.weights);
  const Spread valued(contributions);
  const auto support = static_cast<double>(
      std::count_if(row.weights.begin(), row.weights.end(), [](double weight) { return weight > 0; }));

  result[Statistic::entropy] = spread.entropy;
  result[Statistic::normalised_entropy] = visible > 1 ? spread.entropy / std::log(visible) : undefined;
  result[Statistic::participation_ratio] = 1 / spread.squares;
  result[Statistic::max_weight] = top(1);
  result[Statistic::sink_mass] = sink / sum;
  result[Statistic::window_mass] = window / sum;
  result[Statistic::mean_distance] = distances / sum;
  result[Statistic::support] = support;
  result[Statistic::varentropy] = std::max(spread.log_squares - spread.entropy * spread.entropy, 0.0);
  result[Statistic::renyi2_entropy] = -std::log(spread.squares);
  result[Statistic::effective_support] = std::exp(spread.entropy);
  result[Statistic::sparsity] = 1 - support / visible;
  result[Statistic::top8_mass] = top(8);
  result[Statistic::top64_mass] = top(64);
  result[Statistic::distance_p50] = distance_percentile(mass, 0.5);
  result[Statistic::distance_p90] = distance_percentile(mass, 0.9);
  const double log_sum = log_sum_exp(row.logits);
  result[Statistic::logsumexp] = log_sum;
  result[Statistic::logit_spread] = std::isnan(log_sum) ? undefined : spread_of(row.logits);
  result[Statistic::value_entropy] = valued.entropy;
  result[Statistic::value_participation_ratio] = 1 / valued.squares;
  result[Statistic::sharpness] = std::log(visible) - spread.entropy;
  result[Statistic::reachable_sharpness] = reachable_sharpness(result[Statistic::logit_spread]);
  for (std::size_t bucket = 0; bucket < distance_buckets; ++bucket)
    result.distance_mass[bucket] = static_cast<float>(mass[bucket]);
  hold_within_ranges(result);
  return result;
}

}  // namespace attnlab
