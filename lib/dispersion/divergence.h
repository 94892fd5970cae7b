// Divergences between the weights of two variants for the same query.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "attnlab/dispersion/row_statistics.h"

namespace attnlab {

enum class Divergence : std::size_t { l1, kl, lost_mass };

/// In the order of Divergence. q: the weights of a row, p: those of the baseline, each divided by its sum.
inline constexpr std::array divergence_infos{
    StatisticInfo{"l1", "share", "sum |p - q|", "0: equal weights; 2: no key in common"},
    StatisticInfo{"kl", "nats", "KL(q||p) = sum q ln(q / p)", "mean over the rows where it is finite"},
    StatisticInfo{"lost_mass", "share", "sum p over q = 0",
                  "weight of the baseline on keys that the variant leaves out"},
};

/// NaN if a row has no weight or is NaN. `kl` is infinite if a key has weight in q and none in p.
struct RowDivergence {
  std::array<double, divergence_infos.size()> values{};

  double& operator[](Divergence divergence) { return values[static_cast<std::size_t>(divergence)]; }
  double operator[](Divergence divergence) const { return values[static_cast<std::size_t>(divergence)]; }
};

/// Keys in ascending order, each with its weight; other keys have weight 0.
struct KeyedWeights {
  std::span<const std::int64_t> keys;
  std::span<const double> weights;
};

RowDivergence row_divergence(const KeyedWeights& q, const KeyedWeights& p);

}  // namespace attnlab
