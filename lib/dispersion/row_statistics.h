// Dispersion of one row of attention weights: how it spreads its mass over the keys.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace attnlab {

inline constexpr std::int64_t sink_keys = 4;  ///< sink mass: weight on the first 4 keys (arXiv:2309.17453)
inline constexpr std::int64_t window_keys = 128;  ///< window mass: keys p-127 … p for the query at position p

/// Of the weights divided by their sum, which not every normaliser makes 1. Entropy in nats; normalised
/// entropy is entropy / ln(visible keys); participation ratio is 1 / sum p^2; mean distance is sum p
/// |position - key|; support counts keys with p > 0.
enum class Statistic : std::size_t {
  entropy,
  normalised_entropy,
  participation_ratio,
  max_weight,
  sink_mass,
  window_mass,
  mean_distance,
  support,
};

inline constexpr std::array<std::string_view, 8> statistic_names{
    "entropy",   "normalised_entropy", "participation_ratio", "max_weight",
    "sink_mass", "window_mass",        "mean_distance",       "support"};

/// One value a Statistic. NaN: undefined (normalised entropy with one visible key) or the row was NaN.
struct RowStatistics {
  std::array<double, statistic_names.size()> values{};
  std::int64_t visible = 0;  ///< visible keys; a row with none is left out of every summary

  double& operator[](Statistic statistic) { return values[static_cast<std::size_t>(statistic)]; }
  double operator[](Statistic statistic) const { return values[static_cast<std::size_t>(statistic)]; }
};

/// From the weights of the visible keys, in any order: keys[t] has weights[t]; keys left out weigh 0.
/// `support`: how many visible keys have a weight above 0 in exact arithmetic, where float underflow may hide
/// some.
template <class Weight, class Key>
RowStatistics row_statistics(std::span<const Weight> weights, std::span<const Key> keys, std::int64_t visible,
                             std::int64_t support, std::int64_t position);

}  // namespace attnlab
