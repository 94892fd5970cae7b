#include "dispersion/row_sketch.h"

#include <cmath>
#include <limits>

namespace attnlab {

RowStatistics row_statistics(const RowSketch& sketch, std::int64_t visible) {
  RowStatistics row;
  row.visible = visible;
  const double entropy = std::log(sketch.sum) - sketch.sum_logit / sketch.sum;
  row[Statistic::entropy] = entropy;
  row[Statistic::normalised_entropy] = visible > 1 ? entropy / std::log(static_cast<double>(visible))
                                                   : std::numeric_limits<double>::quiet_NaN();
  row[Statistic::participation_ratio] = sketch.sum * sketch.sum / sketch.sum_square;
  row[Statistic::max_weight] = 1 / sketch.sum;
  row[Statistic::sink_mass] = sketch.sum_sink / sketch.sum;
  row[Statistic::window_mass] = sketch.sum_window / sketch.sum;
  row[Statistic::mean_distance] = sketch.sum_distance / sketch.sum;
  row[Statistic::support] = sketch.support;
  return row;
}

}  // namespace attnlab
