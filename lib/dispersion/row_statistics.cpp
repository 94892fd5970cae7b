#include "dispersion/row_statistics.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace attnlab {

template <class Weight, class Key>
RowStatistics row_statistics(std::span<const Weight> weights, std::span<const Key> keys, std::int64_t visible,
                             std::int64_t support, std::int64_t position) {
  RowStatistics row;
  row.visible = visible;
  double sum = 0;
  for (const Weight weight : weights) sum += static_cast<double>(weight);
  double entropy = 0;
  double squares = 0;
  double maximum = 0;
  double sink = 0;
  double window = 0;
  double distance = 0;
  for (std::size_t t = 0; t < weights.size(); ++t) {
    if (weights[t] == 0) continue;
    const double p = static_cast<double>(weights[t]) / sum;
    entropy -= p * std::log(p);
    squares += p * p;
    maximum = std::max(maximum, p);
    if (keys[t] < sink_keys) sink += p;
    if (keys[t] <= position && keys[t] > position - window_keys) window += p;
    distance += p * static_cast<double>(std::abs(position - keys[t]));
  }
  row[Statistic::entropy] = entropy;
  row[Statistic::normalised_entropy] = visible > 1 ? entropy / std::log(static_cast<double>(visible))
                                                   : std::numeric_limits<double>::quiet_NaN();
  row[Statistic::participation_ratio] = 1 / squares;
  row[Statistic::max_weight] = std::isnan(squares) ? squares : maximum;
  row[Statistic::sink_mass] = sink;
  row[Statistic::window_mass] = window;
  row[Statistic::mean_distance] = distance;
  row[Statistic::support] = static_cast<double>(support);
  return row;
}

template RowStatistics row_statistics(std::span<const double>, std::span<const std::int64_t>, std::int64_t,
                                      std::int64_t, std::int64_t);
template RowStatistics row_statistics(std::span<const float>, std::span<const std::int32_t>, std::int64_t,
                                      std::int64_t, std::int64_t);

}  // namespace attnlab
