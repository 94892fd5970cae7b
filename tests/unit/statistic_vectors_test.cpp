// Every statistic of a row, by definition and by a one-pass sketch, compared with numbers computed by hand.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "attnlab/dispersion/row_sketch.h"
#include "attnlab/dispersion/row_statistics.h"
#include "definitions/statistic_vectors.h"
#include "definitions/vectors.h"

namespace attnlab {
namespace {

void expect_values(const RowStatistics& got, const definitions::StatisticVector& vector, const char* by) {
  for (const auto& [name, expected] : vector.expected) {
    const auto place =
        std::find(statistic_names.begin(), statistic_names.end(), name) - statistic_names.begin();
    ASSERT_LT(static_cast<std::size_t>(place), statistic_names.size()) << "no statistic " << name;
    const double value = got.values[static_cast<std::size_t>(place)];
    if (std::isnan(expected))
      EXPECT_TRUE(std::isnan(value)) << by << ": " << name << " of " << vector.row << " is " << value;
    else
      EXPECT_NEAR(value, expected, definitions::vector_rounding)
          << by << ": " << name << " of " << vector.row;
  }
}

TEST(StatisticVectors, EveryStatisticHasOne) {
  for (const std::string_view name : statistic_names) {
    const std::vector<definitions::StatisticVector> vectors = definitions::statistic_vectors();
    EXPECT_TRUE(std::any_of(vectors.begin(), vectors.end(),
                            [&](const auto& vector) { return vector.expected.contains(std::string(name)); }))
        << name << " has no value in tests/definitions/statistic_vectors.h";
  }
}

TEST(StatisticVectors, TheDefinitionsGiveThem) {
  for (const definitions::StatisticVector& vector : definitions::statistic_vectors())
    expect_values(
        row_statistics({vector.logits, vector.weights, vector.value_norms, vector.keys, vector.position}),
        vector, "definition");
}

TEST(StatisticVectors, ASketchOfTheWeightsGivesThem) {
  for (const definitions::StatisticVector& vector : definitions::statistic_vectors()) {
    RowSketch sketch;
    for (std::size_t t = 0; t < vector.keys.size(); ++t) {
      add(sketch, std::log(vector.weights[t]), vector.keys[t], vector.position, vector.value_norms[t]);
      merge(sketch.logits, {vector.logits[t], vector.logits[t], 1});
    }
    expect_values(row_statistics(sketch, std::ssize(vector.keys)), vector, "sketch");
  }
}

}  // namespace
}  // namespace attnlab
