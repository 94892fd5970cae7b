#include "attnlab/dispersion/summary.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace attnlab {

namespace {

/// Linear interpolation between order statistics; `sorted` must not be empty.
double quantile(const std::vector<double>& sorted, double probability) {
  const double place = probability * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

/// The defined values of one statistic: of rows that see a key and are not NaN.
std::vector<double> defined_values(std::span<const RowStatistics> rows, Statistic statistic) {
  std::vector<double> values;
  values.reserve(rows.size());
  for (const RowStatistics& row : rows)
    if (row.visible > 0 && !std::isnan(row[statistic])) values.push_back(row[statistic]);
  return values;
}

double mean(const std::vector<double>& values) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

/// NaN if no row has a weight.
std::array<double, distance_buckets> mean_distance_mass(std::span<const RowStatistics> rows) {
  std::array<double, distance_buckets> mean{};
  double count = 0;
  for (const RowStatistics& row : rows) {
    if (row.visible == 0 || std::isnan(row[Statistic::mean_distance])) continue;
    count += 1;
    for (std::size_t bucket = 0; bucket < distance_buckets; ++bucket)
      mean[bucket] += static_cast<double>(row.distance_mass[bucket]);
  }
  for (double& mass : mean) mass /= count;
  return mean;
}

}  // namespace

DispersionSummary summarise(std::span<const RowStatistics> rows, std::int64_t heads) {
  DispersionSummary summary;
  summary.per_head.resize(static_cast<std::size_t>(heads));
  const std::size_t rows_per_head = rows.size() / static_cast<std::size_t>(heads);
  summary.rows_without_keys =
      std::count_if(rows.begin(), rows.end(), [](const RowStatistics& row) { return row.visible == 0; });
  summary.rows = static_cast<std::int64_t>(rows.size()) - summary.rows_without_keys;
  for (std::size_t head = 0; head < summary.per_head.size(); ++head)
    summary.distance_mass_per_head.push_back(
        mean_distance_mass(rows.subspan(head * rows_per_head, rows_per_head)));
  summary.distance_mass = mean_distance_mass(rows);
  for (std::size_t s = 0; s < statistic_names.size(); ++s) {
    const auto statistic = static_cast<Statistic>(s);
    for (std::size_t head = 0; head < summary.per_head.size(); ++head)
      summary.per_head[head][s] =
          mean(defined_values(rows.subspan(head * rows_per_head, rows_per_head), statistic));
    std::vector<double> all = defined_values(rows, statistic);
    summary.mean[s] = mean(all);
    std::sort(all.begin(), all.end());
    for (std::size_t t = 0; t < summary_quantiles.size(); ++t)
      summary.quantiles[s][t] =
          all.empty() ? std::numeric_limits<double>::quiet_NaN() : quantile(all, summary_quantiles[t]);
  }
  return summary;
}

}  // namespace attnlab
