// Statistics of one row of attention weights: how it spreads its weight over the keys.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

namespace attnlab {

inline constexpr std::int64_t sink_keys = 4;  ///< sink mass: weight on the first 4 keys (arXiv:2309.17453)
inline constexpr std::int64_t window_keys = 128;  ///< window mass: keys p-127 … p for the query at position p

/// Distances |p - j| by powers of two: 0, 1, 2-3, 4-7, … up to 2^24, the longest sequence.
inline constexpr std::size_t distance_buckets = 25;
constexpr std::size_t distance_bucket(std::int64_t distance) {
  return static_cast<std::size_t>(std::bit_width(static_cast<std::uint64_t>(distance)));
}

enum class Statistic : std::size_t {
  entropy,
  normalised_entropy,
  participation_ratio,
  max_weight,
  sink_mass,
  window_mass,
  mean_distance,
  support,
  varentropy,
  renyi2_entropy,
  effective_support,
  sparsity,
  top8_mass,
  top64_mass,
  distance_p50,
  distance_p90,
  logsumexp,
  logit_spread,
  value_entropy,
  value_participation_ratio,
  sharpness,
  reachable_sharpness,
};

struct StatisticInfo {
  std::string_view name;
  std::string_view unit;
  std::string_view formula;
  std::string_view meaning;
};

/// In the order of Statistic. p: the weights divided by their sum, which is not 1 for every normaliser; n:
/// the number of visible keys; s: the logits after modifiers; w: p_j |v_j| divided by its sum; position:
/// position of the query.
inline constexpr std::array statistic_infos{
    StatisticInfo{"entropy", "nats", "H = -sum p ln p", "how widely the weight is spread"},
    StatisticInfo{"normalised_entropy", "share", "H / ln n",
                  "1 if evenly spread over all visible keys; undefined at n = 1"},
    StatisticInfo{"participation_ratio", "keys", "1 / sum p^2", "number of equal weights with this spread"},
    StatisticInfo{"max_weight", "share", "max p", "the largest weight of a key"},
    StatisticInfo{"sink_mass", "share", "sum p over the first 4 keys of the row's sequence",
                  "weight on the first keys"},
    StatisticInfo{"window_mass", "share", "sum p over the last 128 keys up to the position",
                  "weight that a local window keeps"},
    StatisticInfo{"mean_distance", "keys", "sum p |position - j|",
                  "mean distance of the weight from the query"},
    StatisticInfo{"support", "keys", "count of p > 0", "number of keys with weight"},
    StatisticInfo{"varentropy", "nats^2", "sum p (ln p)^2 - H^2",
                  "0 if all weights of the support are equal"},
    StatisticInfo{"renyi2_entropy", "nats", "-ln sum p^2",
                  "entropy that emphasises large weights; at most H"},
    StatisticInfo{"effective_support", "keys", "exp(H)", "number of equal weights with this entropy"},
    StatisticInfo{"sparsity", "share", "1 - support / n", "share of the visible keys without weight"},
    StatisticInfo{"top8_mass", "share", "sum of the 8 largest p",
                  "most weight that a choice of 8 keys keeps"},
    StatisticInfo{"top64_mass", "share", "sum of the 64 largest p",
                  "most weight that a choice of 64 keys keeps"},
    StatisticInfo{"distance_p50", "keys",
                  "least 2^b - 1 with sum p over |position - j| <= 2^b - 1 at least 0.5",
                  "bracket of the median distance x: floor((value + 1) / 2) <= x <= value"},
    StatisticInfo{"distance_p90", "keys", "the same for 0.9",
                  "the same bracket for the distance that includes 0.9 of the weight"},
    StatisticInfo{"logsumexp", "nats", "ln sum exp(s)", "logarithm of the denominator of softmax"},
    StatisticInfo{"logit_spread", "nats", "max s - min s", "delta of the bound C(delta) on the sharpness"},
    StatisticInfo{"value_entropy", "nats", "-sum w ln w", "entropy of the keys' contributions to the output"},
    StatisticInfo{"value_participation_ratio", "keys", "1 / sum w^2",
                  "number of equal contributions with this spread"},
    StatisticInfo{"sharpness", "nats", "ln n - H", "distance of the row from uniform attention"},
    StatisticInfo{"reachable_sharpness", "nats", "C(max s - min s)",
                  "largest sharpness of softmax with this spread; sharpness over it is the used share"},
};

inline constexpr auto statistic_names = [] {
  std::array<std::string_view, statistic_infos.size()> names;
  for (std::size_t s = 0; s < names.size(); ++s) names[s] = statistic_infos[s].name;
  return names;
}();
static_assert(statistic_names[static_cast<std::size_t>(Statistic::reachable_sharpness)] ==
              "reachable_sharpness");

/// One value for each Statistic. NaN: undefined (normalised entropy with one visible key; statistics of
/// weights if these sum to less than least_weight), or the row is NaN.
struct RowStatistics {
  std::array<double, statistic_infos.size()> values{};
  std::array<float, distance_buckets> distance_mass{};  ///< share of the weight in each bucket of distances
  std::int64_t visible = 0;  ///< number of visible keys; summaries leave out rows with 0

  double& operator[](Statistic statistic) { return values[static_cast<std::size_t>(statistic)]; }
  double operator[](Statistic statistic) const { return values[static_cast<std::size_t>(statistic)]; }
};

/// A whole row. All spans have one element for each visible key, in any common order.
struct WeightRow {
  std::span<const double> logits;   ///< after modifiers
  std::span<const double> weights;  ///< 0 outside of the support
  std::span<const double> value_norms;
  std::span<const std::int64_t> keys;
  std::int64_t position = 0;   ///< Shape::position
  std::int64_t first_key = 0;  ///< first key of the sequence of the row
};

/// Rows whose weights sum to less count as rows without weight: the smallest normal float64.
inline constexpr double least_weight = std::numeric_limits<double>::min();

/// Ratios of rounded sums may leave the range of their statistic; a share may exceed 1 by 1e-8. A value
/// outside of the range by at most the rounding is set to the end of the range. A value further outside
/// stays, since it would be a fault.
void hold_within_ranges(RowStatistics& row);

/// The statistics by definition, from the weights. Sketches (row_sketch.h) are tested against them.
RowStatistics row_statistics(const WeightRow& row);

/// Upper end of the bucket in which the mass, summed from distance 0 on, reaches `share` of the total; NaN
/// without mass.
double distance_percentile(std::span<const double, distance_buckets> mass, double share);

}  // namespace attnlab
