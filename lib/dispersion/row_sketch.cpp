#include "attnlab/dispersion/row_sketch.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <functional>

#include "attnlab/dispersion/laws.h"

namespace attnlab {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double undefined = std::numeric_limits<double>::quiet_NaN();

void merge(WeightSums& sums, const WeightSums& other) {
  sums.sum += other.sum;
  sums.sum_logit += other.sum_logit;
  sums.sum_square += other.sum_square;
}

/// Adds one key of weight e = exp(u), except to the largest logits.
void add_weight(RowSketch& sketch, double e, double u, std::int64_t key, std::int64_t position,
                double value_norm, double log_value_norm) {
  sketch.weights.sum += e;
  sketch.weights.sum_logit += e * u;
  sketch.weights.sum_square += e * e;
  sketch.sum_logit_square += e * u * u;
  if (value_norm != 0) {
    const double contribution = e * value_norm;
    sketch.valued.sum += contribution;
    sketch.valued.sum_logit += contribution * (u + log_value_norm);
    sketch.valued.sum_square += contribution * contribution;
  }
  const std::int64_t distance = std::abs(position - key);
  sketch.sum_distance += e * static_cast<double>(distance);
  if (key - sketch.first_key < sink_keys) sketch.sum_sink += e;
  if (key <= position && distance < window_keys) sketch.sum_window += e;
  sketch.distances[distance_bucket(distance)] += e;
  sketch.support += 1;
}

}  // namespace

double WeightSums::entropy() const { return std::log(sum) - sum_logit / sum; }
double WeightSums::participation_ratio() const {
  return sum_square == 0 ? undefined : sum * sum / sum_square;
}

void rebase(WeightSums& sums, double from, double to) {
  const double h = from - to;
  if (sums.sum == 0 || h == 0) return;
  const double c = std::exp(h);
  sums.sum_logit = c * (sums.sum_logit + h * sums.sum);
  sums.sum *= c;
  sums.sum_square *= c * c;
}

void merge(LogitRange& range, const LogitRange& other) {
  const double highest = std::max(range.highest, other.highest);
  const auto relative = [&](const LogitRange& part) {
    return part.highest == highest || part.sum == 0 ? part.sum : part.sum * std::exp(part.highest - highest);
  };
  range.sum = relative(range) + relative(other);
  range.highest = highest;
  range.lowest = std::min(range.lowest, other.lowest);
}

void shrink(LargestLogits& largest) {
  if (largest.count <= LargestLogits::kept) return;
  float* const last = largest.values + LargestLogits::kept - 1;
  std::nth_element(largest.values, last, largest.values + largest.count, std::greater<>());
  largest.bound = *last;
  largest.count = LargestLogits::kept;
}

void append(LargestLogits& largest, float logit) {
  if (!(logit > largest.bound)) return;
  if (largest.count == LargestLogits::capacity) shrink(largest);
  largest.values[largest.count++] = logit;
}

void rebase(RowSketch& sketch, double reference) {
  const double h = sketch.reference - reference;
  sketch.reference = reference;
  if (sketch.weights.sum == 0 || h == 0) return;
  const double c = std::exp(h);
  sketch.sum_logit_square =
      c * (sketch.sum_logit_square + 2 * h * sketch.weights.sum_logit + h * h * sketch.weights.sum);
  rebase(sketch.weights, h, 0);
  rebase(sketch.valued, h, 0);
  sketch.sum_distance *= c;
  sketch.sum_sink *= c;
  sketch.sum_window *= c;
  for (double& mass : sketch.distances) mass *= c;
}

void merge(RowSketch& sketch, const RowSketch& other) {
  if (other.reference == -infinity && other.weights.sum == 0) return;
  RowSketch added = other;
  const double reference = std::max(sketch.reference, other.reference);
  rebase(sketch, reference);
  rebase(added, reference);
  merge(sketch.weights, added.weights);
  merge(sketch.valued, added.valued);
  sketch.sum_logit_square += added.sum_logit_square;
  sketch.sum_distance += added.sum_distance;
  sketch.sum_sink += added.sum_sink;
  sketch.sum_window += added.sum_window;
  for (std::size_t bucket = 0; bucket < distance_buckets; ++bucket)
    sketch.distances[bucket] += added.distances[bucket];
  sketch.support += added.support;
  for (std::int32_t t = 0; t < added.largest.count; ++t) append(sketch.largest, added.largest.values[t]);
  merge(sketch.logits, added.logits);
}

void add(RowSketch& sketch, double logit, std::int64_t key, std::int64_t position, double value_norm) {
  if (logit == -infinity) return;
  if (logit > sketch.reference) rebase(sketch, logit);
  const double u = logit - sketch.reference;
  add_weight(sketch, std::exp(u), u, key, position, value_norm, std::log(value_norm));
  append(sketch.largest, static_cast<float>(logit));
}

void add_support(RowSketch& sketch, std::span<const float> weights, std::span<const std::int32_t> keys,
                 std::int64_t position, const float* value_norms, const float* log_value_norms) {
  float largest = 0;
  for (const float weight : weights) largest = std::max(largest, weight);
  const double reference = std::max(sketch.reference, std::log(static_cast<double>(largest)));
  rebase(sketch, reference);
  const double scale = std::exp(-reference);
  for (std::size_t s = 0; s < weights.size(); ++s) {
    if (weights[s] == 0) {
      sketch.support += 1;
      continue;
    }
    const auto weight = static_cast<double>(weights[s]);
    const double logarithm = std::log(weight);
    add_weight(sketch, weight * scale, logarithm - reference, keys[s], position,
               static_cast<double>(value_norms[keys[s]] / value_norm_scale),
               static_cast<double>(log_value_norms[keys[s]]));
    append(sketch.largest, static_cast<float>(logarithm));
  }
}

TopSums top_sums(const RowSketch& sketch) {
  LargestLogits largest = sketch.largest;
  shrink(largest);
  const std::int32_t eight = std::min(8, largest.count);
  std::partial_sort(largest.values, largest.values + eight, largest.values + largest.count, std::greater<>());
  const auto sum = [&](std::int32_t first, std::int32_t last) {
    double total = 0;
    for (std::int32_t t = first; t < last; ++t)
      total += std::exp(static_cast<double>(largest.values[t]) - sketch.reference);
    return total;
  };
  TopSums top;
  top.top1 = sum(0, std::min(1, eight));
  top.top8 = top.top1 + sum(1, eight);
  top.top64 = top.top8 + sum(eight, largest.count);
  return top;
}

RowStatistics row_statistics(const RowSketch& sketch, std::int64_t visible, double log_weight) {
  return row_statistics(sketch, top_sums(sketch), visible, log_weight);
}

RowStatistics row_statistics(const RowSketch& sketch, const TopSums& top, std::int64_t visible,
                             double log_weight) {
  RowStatistics row;
  row.visible = visible;
  const bool weighs = log_weight >= std::log(least_weight);
  const WeightSums none{undefined, undefined, undefined};
  const WeightSums& weights = weighs ? sketch.weights : none;
  const WeightSums& valued = weighs ? sketch.valued : none;
  const double entropy = weights.entropy();
  const double mean_logit = weights.sum_logit / weights.sum;
  row[Statistic::entropy] = entropy;
  row[Statistic::normalised_entropy] =
      visible > 1 ? entropy / std::log(static_cast<double>(visible)) : undefined;
  row[Statistic::participation_ratio] = weights.participation_ratio();
  row[Statistic::max_weight] = top.top1 / weights.sum;
  row[Statistic::sink_mass] = sketch.sum_sink / weights.sum;
  row[Statistic::window_mass] = sketch.sum_window / weights.sum;
  row[Statistic::mean_distance] = sketch.sum_distance / weights.sum;
  row[Statistic::support] = sketch.support;
  row[Statistic::varentropy] = std::max(sketch.sum_logit_square / weights.sum - mean_logit * mean_logit, 0.0);
  row[Statistic::renyi2_entropy] = std::log(weights.participation_ratio());
  row[Statistic::effective_support] = std::exp(entropy);
  row[Statistic::sparsity] = 1 - sketch.support / static_cast<double>(visible);
  row[Statistic::top8_mass] = top.top8 / weights.sum;
  row[Statistic::top64_mass] = top.top64 / weights.sum;
  row[Statistic::distance_p50] = weighs ? distance_percentile(sketch.distances, 0.5) : undefined;
  row[Statistic::distance_p90] = weighs ? distance_percentile(sketch.distances, 0.9) : undefined;
  const bool any_logit = sketch.logits.sum > 0;
  row[Statistic::logsumexp] = any_logit ? sketch.logits.highest + std::log(sketch.logits.sum) : undefined;
  row[Statistic::logit_spread] = any_logit ? sketch.logits.highest - sketch.logits.lowest : undefined;
  row[Statistic::value_entropy] = valued.entropy();
  row[Statistic::value_participation_ratio] = valued.participation_ratio();
  row[Statistic::sharpness] = std::log(static_cast<double>(visible)) - entropy;
  row[Statistic::reachable_sharpness] = reachable_sharpness(row[Statistic::logit_spread]);
  for (std::size_t bucket = 0; bucket < distance_buckets; ++bucket)
    row.distance_mass[bucket] = static_cast<float>(sketch.distances[bucket] / weights.sum);
  hold_within_ranges(row);
  return row;
}

}  // namespace attnlab
