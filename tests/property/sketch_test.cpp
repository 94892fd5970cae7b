// Sketches of the parts of a row, merged in any order, against the definitions over the whole row in float64.
#include "attnlab/dispersion/row_sketch.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "attnlab/core/isa.h"
#include "attnlab/kernels/rows.h"
#include "support/summation.h"

namespace attnlab {
namespace {

constexpr float masked = -std::numeric_limits<float>::infinity();

/// Logits of one query, in whole lanes; some keys are masked.
struct Row {
  std::vector<float> logits, norms, log_norms;
  std::int64_t position = 0;
};

/// Logits with a standard deviation up to `most_spread`.
Row random_row(float most_spread) {
  std::mt19937 bits(*rc::gen::arbitrary<unsigned>());
  std::normal_distribution<float> normal;
  const auto columns = static_cast<std::size_t>(row_code_columns * *rc::gen::inRange(1, 40));
  const float offset = *rc::gen::element(-500.0F, 0.0F, 500.0F);
  const float spread = most_spread * *rc::gen::element(0.0F, 0.02F, 0.2F, 1.0F);
  const int masked_of_8 = *rc::gen::inRange(0, 8);
  Row row;
  row.position = *rc::gen::inRange<std::int64_t>(-20, static_cast<std::int64_t>(columns) + 20);
  for (std::size_t j = 0; j < columns; ++j) {
    row.logits.push_back(static_cast<int>(bits() % 8) < masked_of_8 ? masked
                                                                    : offset + spread * normal(bits));
    row.norms.push_back(bits() % 16 == 0 ? 0.0F : std::abs(normal(bits)));
    row.log_norms.push_back(row.norms.back() == 0 ? 0.0F : std::log(row.norms.back()));
  }
  row.logits[columns / 2] = offset;
  return row;
}

/// Softmax of the visible keys, and the error bound of sums of `terms` terms, each rounded by `unit`.
struct Definition {
  RowStatistics statistics;
  std::array<double, statistic_names.size()> allowed;
  double allowed_mass;
};
Definition by_definition(const Row& row, double terms, double unit) {
  std::vector<double> logits, weights, norms;
  std::vector<std::int64_t> keys;
  for (std::size_t j = 0; j < row.logits.size(); ++j) {
    if (row.logits[j] == masked) continue;
    logits.push_back(static_cast<double>(row.logits[j]));
    norms.push_back(static_cast<double>(row.norms[j]));
    keys.push_back(static_cast<std::int64_t>(j));
  }
  const double maximum = *std::max_element(logits.begin(), logits.end());
  for (const double s : logits) weights.push_back(std::exp(s - maximum));
  const RowStatistics statistics = row_statistics({logits, weights, norms, keys, row.position});
  return {statistics, summation_error(weights, norms, statistics, terms, unit),
          2 * terms * unit + epsilon(DType::f32)};  // masses are stored in float32
}

std::vector<std::size_t> random_cuts(std::size_t end, std::size_t step) {
  std::vector<std::size_t> cuts{0, end};
  for (int cut = *rc::gen::inRange(0, 6); cut > 0; --cut)
    cuts.push_back(step * *rc::gen::inRange<std::size_t>(0, end / step + 1));
  std::sort(cuts.begin(), cuts.end());
  return cuts;
}

RowSketch merged(std::vector<RowSketch> parts) {
  std::shuffle(parts.begin(), parts.end(), std::mt19937(*rc::gen::arbitrary<unsigned>()));
  RowSketch whole;
  for (const RowSketch& part : parts) merge(whole, part);
  return whole;
}

void expect_near(const RowStatistics& got, const Definition& definition) {
  const RowStatistics& wanted = definition.statistics;
  for (std::size_t s = 0; s < statistic_names.size(); ++s) {
    const bool percentile = statistic_names[s].starts_with("distance_p");
    if (std::isnan(wanted.values[s])) {
      RC_ASSERT(std::isnan(got.values[s]));
    } else if (!percentile && !(std::abs(got.values[s] - wanted.values[s]) <= definition.allowed[s])) {
      RC_FAIL(std::string(statistic_names[s]) + " is " + std::to_string(got.values[s]) + ", not " +
              std::to_string(wanted.values[s]));
    }
  }
  for (std::size_t bucket = 0; bucket < distance_buckets; ++bucket)
    RC_ASSERT(std::abs(got.distance_mass[bucket] - wanted.distance_mass[bucket]) <= definition.allowed_mass);
}

TEST(Sketch, PartsInAnyOrderAreTheWhole) {
  EXPECT_TRUE(rc::check([] {
    const Row row = random_row(40);
    // One rounding for each key, and one more when the reference changes to a new maximum.
    const Definition wanted = by_definition(row, 2 * static_cast<double>(row.logits.size()),
                                            std::numeric_limits<double>::epsilon());
    const std::vector<std::size_t> cuts = random_cuts(row.logits.size(), 1);
    std::vector<RowSketch> parts;
    for (std::size_t cut = 1; cut < cuts.size(); ++cut) {
      RowSketch part;
      for (std::size_t j = cuts[cut - 1]; j < cuts[cut]; ++j) {
        const auto logit = static_cast<double>(row.logits[j]);
        add(part, logit, static_cast<std::int64_t>(j), row.position, static_cast<double>(row.norms[j]));
        if (row.logits[j] != masked) merge(part.logits, {logit, logit, 1});
      }
      parts.push_back(part);
    }
    expect_near(row_statistics(merged(parts), wanted.statistics.visible), wanted);
  }));
}

TEST(Sketch, RowCodeMakesTheSameOfTiles) {
  EXPECT_TRUE(rc::check([] {
    const RowCode& code = row_code(isa_level());
    // Squares of contributions stay within float32, even if the largest weight has a value of 0.
    const Row row = random_row(5);
    std::vector<float> scaled_norms = row.norms;
    for (float& norm : scaled_norms) norm *= value_norm_scale;
    // Sixteen terms in a lane of a tile; exponentials have an error of three units plus that of their logits.
    const Definition wanted = by_definition(row, 16 + 3 + 5, epsilon(DType::f32));
    const std::vector<std::size_t> cuts = random_cuts(row.logits.size(), row_code_columns);
    std::vector<RowSketch> parts;
    for (std::size_t cut = 1; cut < cuts.size(); ++cut) {
      // Parts are tiles of up to 256 columns.
      RowSketch part;
      float maximum = masked;
      float sums[row_code_columns] = {};
      for (std::size_t j = cuts[cut - 1]; j < cuts[cut]; j += 256) {
        std::vector<float> logits(
            row.logits.begin() + static_cast<std::ptrdiff_t>(j),
            row.logits.begin() + static_cast<std::ptrdiff_t>(std::min(j + 256, cuts[cut])));
        const auto columns = static_cast<std::int64_t>(logits.size());
        code.absorb_online_with_statistics(
            {logits.data(), columns, 1, columns, row.position, static_cast<std::int64_t>(j)},
            {&maximum, sums, nullptr, 0, 0}, DType::f32, logits.data(),
            {&part, scaled_norms.data(), row.log_norms.data()});
      }
      parts.push_back(part);
    }
    expect_near(row_statistics(merged(parts), wanted.statistics.visible), wanted);
  }));
}

TEST(Sketch, APercentileIsTheBucketThatReachesTheShare) {
  std::array<double, distance_buckets> mass{};
  mass[0] = 1;
  EXPECT_EQ(distance_percentile(mass, 0.5), 0);
  mass[3] = 1;
  EXPECT_EQ(distance_percentile(mass, 0.5), 0);
  EXPECT_EQ(distance_percentile(mass, 0.9), 7);
  mass[9] = 18;
  EXPECT_EQ(distance_percentile(mass, 0.5), 511);
  EXPECT_TRUE(std::isnan(distance_percentile(std::array<double, distance_buckets>{}, 0.5)));
}

TEST(Sketch, TheLargestAreKeptWhateverTheirOrderAndTies) {
  EXPECT_TRUE(rc::check([] {
    std::mt19937 bits(*rc::gen::arbitrary<unsigned>());
    const unsigned values = *rc::gen::element(1U, 2U, 3U, 20U, 1U << 24);
    const float scale = *rc::gen::element(1e-38F, 1.0F, 1e31F);
    std::vector<float> all;
    LargestLogits largest;
    for (int t = *rc::gen::inRange(1, 2000); t > 0; --t) {
      all.push_back(scale * (static_cast<float>(bits() % values) - 7));
      append(largest, all.back());
    }
    shrink(largest);
    std::sort(all.begin(), all.end(), std::greater<>());
    const auto kept = std::min<std::size_t>(all.size(), LargestLogits::kept);
    RC_ASSERT(static_cast<std::size_t>(largest.count) >= kept);
    std::sort(largest.values, largest.values + largest.count, std::greater<>());
    for (std::size_t t = 0; t < kept; ++t) RC_ASSERT(largest.values[t] == all[t]);
  }));
}

}  // namespace
}  // namespace attnlab
