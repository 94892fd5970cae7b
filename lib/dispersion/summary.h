// Means and quantiles of row statistics over rows, per head and over all.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "attnlab/dispersion/row_statistics.h"

namespace attnlab {

inline constexpr std::array<double, 5> summary_quantiles{0.05, 0.25, 0.5, 0.75, 0.95};

struct DispersionSummary {
  /// per_head[head][statistic]: mean over the defined rows of the head; NaN if there are none.
  std::vector<std::array<double, statistic_names.size()>> per_head;
  std::array<double, statistic_names.size()> mean{};
  /// Share of the weight in each bucket of distances: mean over the rows of each head, and over all rows.
  std::vector<std::array<double, distance_buckets>> distance_mass_per_head;
  std::array<double, distance_buckets> distance_mass{};
  std::array<std::array<double, summary_quantiles.size()>, statistic_names.size()> quantiles{};
  std::int64_t rows = 0;
  std::int64_t rows_without_keys = 0;
};

/// `rows`: seqlen_q rows for each of `heads` heads, head by head; `heads` counts through all batches.
DispersionSummary summarise(std::span<const RowStatistics> rows, std::int64_t heads);

}  // namespace attnlab
