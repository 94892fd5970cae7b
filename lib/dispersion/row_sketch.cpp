#include "dispersion/row_sketch.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace attnlab {

void rebase(RowSketch& sketch, float from, float to) {
  const double h = static_cast<double>(from) - static_cast<double>(to);
  if (sketch.sum == 0 || h == 0) return;
  const double c = std::exp(h);
  sketch.sum_logit = c * (sketch.sum_logit + h * sketch.sum);
  sketch.sum *= c;
  sketch.sum_square *= c * c;
  sketch.sum_distance *= c;
  sketch.sum_sink *= c;
  sketch.sum_window *= c;
}

void merge(RowSketch& sketch, const RowSketch& other) {
  sketch.sum += other.sum;
  sketch.sum_logit += other.sum_logit;
  sketch.sum_square += other.sum_square;
  sketch.sum_distance += other.sum_distance;
  sketch.sum_sink += other.sum_sink;
  sketch.sum_window += other.sum_window;
  sketch.largest = std::max(sketch.largest, other.largest);
  sketch.support += other.support;
}

RowStatistics row_statistics(const RowSketch& sketch, std::int64_t visible) {
  RowStatistics row;
  row.visible = visible;
  const double entropy = std::log(sketch.sum) - sketch.sum_logit / sketch.sum;
  row[Statistic::entropy] = entropy;
  row[Statistic::normalised_entropy] = visible > 1 ? entropy / std::log(static_cast<double>(visible))
                                                   : std::numeric_limits<double>::quiet_NaN();
  row[Statistic::participation_ratio] = sketch.sum * sketch.sum / sketch.sum_square;
  row[Statistic::max_weight] = sketch.largest / sketch.sum;
  row[Statistic::sink_mass] = sketch.sum_sink / sketch.sum;
  row[Statistic::window_mass] = sketch.sum_window / sketch.sum;
  row[Statistic::mean_distance] = sketch.sum_distance / sketch.sum;
  row[Statistic::support] = sketch.support;
  return row;
}

}  // namespace attnlab
