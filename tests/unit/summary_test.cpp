// Summaries of rows compared with values by hand: means, quantiles, heads, and rows that are left out.
#include "attnlab/dispersion/summary.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace attnlab {
namespace {

constexpr auto entropy = static_cast<std::size_t>(Statistic::entropy);

/// A row with this entropy and number of visible keys.
RowStatistics row(double value, std::int64_t visible = 5) {
  RowStatistics made;
  made[Statistic::entropy] = value;
  made[Statistic::mean_distance] = value;
  made.visible = visible;
  made.distance_mass[2] = static_cast<float>(value);
  return made;
}

TEST(Summary, MeansAndQuantilesByHand) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  // Two heads of four rows: one row is NaN, two see no key.
  const std::vector<RowStatistics> rows{row(1), row(2),   row(6), row(77, 0),
                                        row(3), row(nan), row(8), row(99, 0)};
  const DispersionSummary summary = summarise(rows, 2);
  EXPECT_EQ(summary.rows, 6);
  EXPECT_EQ(summary.rows_without_keys, 2);
  EXPECT_DOUBLE_EQ(summary.per_head[0][entropy], 3);
  EXPECT_DOUBLE_EQ(summary.per_head[1][entropy], 5.5);
  EXPECT_DOUBLE_EQ(summary.mean[entropy], 4);
  EXPECT_DOUBLE_EQ(summary.distance_mass[2], 4);
  EXPECT_DOUBLE_EQ(summary.distance_mass_per_head[0][2], 3);
  // Of 1, 2, 3, 6, 8: position 4 p, interpolated linearly.
  for (std::size_t t = 0; t < summary_quantiles.size(); ++t) {
    const double sorted[]{1, 2, 3, 6, 8, 8};
    const double place = 4 * summary_quantiles[t];
    const auto below = static_cast<std::size_t>(place);
    const double expected =
        sorted[below] + (place - static_cast<double>(below)) * (sorted[below + 1] - sorted[below]);
    EXPECT_DOUBLE_EQ(summary.quantiles[entropy][t], expected) << summary_quantiles[t];
  }
}

TEST(Summary, OfRowsWithoutKeysIsUndefined) {
  const std::vector<RowStatistics> rows{row(1, 0), row(2, 0)};
  const DispersionSummary summary = summarise(rows, 1);
  EXPECT_EQ(summary.rows, 0);
  EXPECT_TRUE(std::isnan(summary.mean[entropy]));
  EXPECT_TRUE(std::isnan(summary.quantiles[entropy][0]));
  EXPECT_TRUE(std::isnan(summary.distance_mass[2]));
}

}  // namespace
}  // namespace attnlab
