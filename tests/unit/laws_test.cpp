// Laws and bounds of dispersion, compared with numbers of the literature and with rows of logits.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "attnlab/core/splitmix.h"
#include "attnlab/dispersion/laws.h"
#include "attnlab/dispersion/row_statistics.h"
#include "attnlab/variants/normaliser.h"

namespace attnlab {
namespace {

RowStatistics of_softmax(const std::vector<double>& logits) {
  std::vector<double> weights = logits;
  Normaliser::parse("softmax").weights(weights);
  std::vector<std::int64_t> keys(logits.size());
  std::iota(keys.begin(), keys.end(), 0);
  return row_statistics({logits, weights, std::vector<double>(logits.size(), 1.0), keys, 0});
}

TEST(Laws, ReachableSharpnessHasItsKnownValues) {
  EXPECT_NEAR(reachable_sharpness(1), .123302, 5e-7);
  EXPECT_NEAR(reachable_sharpness(2), .474475, 5e-7);
  EXPECT_NEAR(reachable_sharpness(4), 1.669850, 5e-7);
  EXPECT_NEAR(reachable_sharpness(8), 4.922908, 5e-7);
  EXPECT_EQ(reachable_sharpness(0), 0);
  // Where the formula changes, both forms are accurate to about 1e-16 / C; for large delta C is delta - 1 -
  // ln delta.
  EXPECT_NEAR(reachable_sharpness(0.01 * (1 + 1e-12)) / reachable_sharpness(0.01 * (1 - 1e-12)), 1, 1e-9);
  EXPECT_NEAR(reachable_sharpness(5000), 5000 - 1 - std::log(5000), 1e-9);
}

TEST(Laws, NoRowIsSharperThanItsSpreadAllows) {
  SplitMix random(7);
  for (int trial = 0; trial < 300; ++trial) {
    const double spread = 12 * random.uniform();
    std::vector<double> row(2 + random.next() % 200);
    for (double& logit : row) logit = spread * std::pow(random.uniform(), 1 + 9 * random.uniform());
    row.front() = 0;
    row.back() = spread;
    const RowStatistics statistics = of_softmax(row);
    const auto n = static_cast<double>(row.size());
    EXPECT_EQ(statistics[Statistic::reachable_sharpness], reachable_sharpness(spread));
    // 1e-9: rounding of a softmax over 200 keys in float64.
    EXPECT_LE(statistics[Statistic::sharpness], statistics[Statistic::reachable_sharpness] + 1e-9);
    EXPECT_GE(statistics[Statistic::participation_ratio], least_participation_ratio(n, spread) * (1 - 1e-9));
  }
}

/// Rows of two values attain the bounds; `best` is over the number of keys with the larger value.
TEST(Laws, TheBoundsAreAttained) {
  for (const double spread : {0.5, 2.0, 5.0}) {
    constexpr std::size_t n = 3000;
    double sharpest = 0;
    double least = n;
    for (std::size_t top = 1; top < n; top += 1) {
      const double e = std::exp(spread);
      const auto k = static_cast<double>(top);
      const double rest = n - k;
      const double sum = k * e + rest;
      sharpest = std::max(sharpest, std::log(double(n)) - (std::log(sum) - k * e * spread / sum));
      least = std::min(least, sum * sum / (k * e * e + rest));
    }
    // The best number of keys is between two whole numbers, which is an error of second order in 1 / n.
    EXPECT_NEAR(sharpest, reachable_sharpness(spread), 1e-4 * sharpest);
    EXPECT_NEAR(least, least_participation_ratio(n, spread), 1e-4 * least);
  }
}

TEST(Laws, RowsOfNormalLogitsFollowThem) {
  for (const double sigma : {0.3, 1.0}) {
    constexpr int n = 200000;
    SplitMix random(11);
    std::vector<double> row(n);
    for (double& logit : row)
      logit = sigma * std::sqrt(-2 * std::log(random.uniform() + 0x1p-53)) *
              std::cos(2 * 3.14159265358979323846 * random.uniform());
    const RowStatistics statistics = of_softmax(row);
    const DispersionLaw law = gaussian_law(n, sigma);
    // Sums of n exponentials: the largest relative variance is that of exp(2 s), exp(4 sigma^2) / n.
    const double deviation = std::exp(2 * sigma * sigma) / std::sqrt(n);
    EXPECT_NEAR(statistics[Statistic::entropy], *law.entropy, 5 * deviation);
    EXPECT_NEAR(statistics[Statistic::participation_ratio] / *law.participation_ratio, 1, 5 * deviation);
  }
}

TEST(Laws, TheNeedleIsLostAsTheSequenceGrows) {
  // Weights of the needle under softmax, as measured for the paper's test: 0.194, 0.029, 0.0019.
  EXPECT_NEAR(*needle_law(1024, 6).needle_weight, .194, .002);
  EXPECT_NEAR(*needle_law(8192, 6).needle_weight, .029, .0005);
  EXPECT_NEAR(*needle_law(131072, 6).needle_weight, .0019, .00005);
  // A needle of negligible weight leaves the law of the other keys; a needle with all weight leaves one key.
  EXPECT_NEAR(*needle_law(1e6, -50).entropy, std::log(1e6 - 1) - 0.5, 1e-9);
  EXPECT_NEAR(*needle_law(1e6, 100).participation_ratio, 1, 1e-9);
  EXPECT_EQ(*needle_law(1e6, 1000).entropy, 0);
}

TEST(Laws, AreAbsentWhereTheyDoNotHold) {
  EXPECT_TRUE(gaussian_law(1024, 3).entropy);
  EXPECT_FALSE(gaussian_law(1024, 3).participation_ratio);  // 4 x 9 > 2 ln 1024
  EXPECT_FALSE(gaussian_law(1024, 4).entropy);
}

}  // namespace
}  // namespace attnlab
