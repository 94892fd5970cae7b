// Normalisers: the definitions, and the row code that the engines run.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "attnlab/core/isa.h"
#include "attnlab/kernels/rows.h"
#include "attnlab/variants/normaliser.h"
#include "definitions/vectors.h"

namespace attnlab {
namespace {

using definitions::normaliser_vectors;
using definitions::NormaliserVector;

const std::vector<double>& v = definitions::five;

/// Tolerance for the decimals of a vector, and for a logit and a weight of about 1 in float32.
constexpr double float32_rounding = definitions::vector_rounding + 4 * epsilon(DType::f32);

TEST(Normalisers, ThresholdsAreTheKnownOnes) {
  // p = max(z - tau, 0)^c on the support, c = 1 / (alpha - 1).
  for (const auto& [name, power, tau] : {std::tuple("entmax(1.5)", 2.0, -.265880), {"sparsemax", 1.0, .25}}) {
    const Normaliser normaliser = Normaliser::parse(name);
    std::vector<double> row = v;
    normaliser.weights(row);
    for (std::size_t j = 0; j < v.size(); ++j) {
      if (row[j] > 0) {
        EXPECT_NEAR(v[j] * normaliser.scale() - std::pow(row[j], 1 / power), tau, 1e-6) << name;
      }
    }
  }
}

TEST(Normalisers, DerivativesOfTheDefinitionsAreTheKnownOnes) {
  // d (g . p) / d s_j, by central differences.
  const std::vector<double> g{.3, -1, 2, .7, -.4};
  const std::pair<const char*, std::vector<double>> known[]{
      {"softmax", {.001706, -.319005, .310809, .044712, -.038221}},
      {"entmax(1.5)", {.000997, -.669972, .622472, .046503, 0}},
      {"sparsemax", {.65, -.65, 0, 0, 0}}};
  for (const auto& [name, slopes] : known)
    for (std::size_t j = 0; j < v.size(); ++j) {
      constexpr double step = 1e-4;
      const auto moved = [&, normaliser = Normaliser::parse(name)](double by) {
        std::vector<double> row = v;
        row[j] += by;
        normaliser.weights(row);
        return std::inner_product(g.begin(), g.end(), row.begin(), 0.0);
      };
      // The error of central differences is the third derivative times step^2 / 6.
      EXPECT_NEAR((moved(step) - moved(-step)) / (2 * step), slopes[j], 1e-6) << name << ' ' << j;
    }
}

TEST(Normalisers, RowCodeGivesTheVectors) {
  for (const NormaliserVector& vector : normaliser_vectors) {
    const Normaliser normaliser = Normaliser::parse(vector.normaliser);
    if (normaliser.kind() != NormaliserKind::row_threshold) continue;
    std::vector<float> z(32);
    std::vector<std::int32_t> keys(32);
    for (std::size_t j = 0; j < vector.logits.size(); ++j) {
      z[j] = static_cast<float>(vector.logits[j] * normaliser.scale());
      keys[j] = static_cast<std::int32_t>(j);
    }
    ThresholdRow row{z.data(), keys.data(), static_cast<std::int64_t>(vector.logits.size())};
    row_code(isa_level()).solve_threshold(normaliser, &row, 1);
    std::vector<double> weights(vector.logits.size(), 0.0);
    for (std::int64_t s = 0; s < row.count; ++s)
      weights[static_cast<std::size_t>(keys[static_cast<std::size_t>(s)])] =
          static_cast<double>(z[static_cast<std::size_t>(s)]);
    for (std::size_t j = 0; j < weights.size(); ++j)
      EXPECT_NEAR(weights[j], vector.expected[j], float32_rounding) << vector.normaliser;
  }
}

TEST(Normalisers, OnlyTopkJumpsAndSaysWhere) {
  for (const MemberInfo& info : normaliser_infos())
    EXPECT_EQ(Normaliser::parse(info.example).jumps(), info.name == "topk_softmax") << info.name;
  const std::vector<double> row{.2, 1, -1, .5, .5};
  const auto expect_edge = [&](const char* name, double kept, double dropped) {
    const Edge edge = Normaliser::parse(name).edge(row);
    EXPECT_EQ(edge.kept, kept) << name;
    EXPECT_EQ(edge.dropped, dropped) << name;
  };
  expect_edge("topk_softmax(1)", 1, .5);
  expect_edge("topk_softmax(2)", .5, .5);
  expect_edge("topk_softmax(4)", .2, -1);
  expect_edge("topk_softmax(5)", -1, -std::numeric_limits<double>::infinity());
  EXPECT_THROW(Normaliser::parse("softmax").edge(row), std::logic_error);
}

struct OwnScratch {
  std::vector<double> values;
  std::vector<std::int32_t> places, lengths;
  explicit OwnScratch(std::size_t count) : values(count), places(count), lengths(count) {}
  RowScratch view() { return {values, places, lengths}; }
};

/// Weights by solve_row, at the positions of their logits.
std::vector<double> solved(const Normaliser& normaliser, const std::vector<double>& logits) {
  std::vector<float> row(logits.begin(), logits.end());
  std::vector<std::int32_t> keys(row.size());
  std::iota(keys.begin(), keys.end(), 0);
  OwnScratch scratch(row.size());
  const std::int64_t support = normaliser.solve_row(row, keys, scratch.view());
  std::vector<double> weights(row.size(), 0.0);
  for (std::size_t s = 0; s < static_cast<std::size_t>(support); ++s)
    weights[static_cast<std::size_t>(keys[s])] = static_cast<double>(row[s]);
  return weights;
}

TEST(Normalisers, WholeRowsGiveTheVectors) {
  for (const NormaliserVector& vector : normaliser_vectors) {
    const Normaliser normaliser = Normaliser::parse(vector.normaliser);
    if (normaliser.kind() != NormaliserKind::full_row) continue;
    const std::vector<double> weights = solved(normaliser, vector.logits);
    for (std::size_t j = 0; j < weights.size(); ++j)
      EXPECT_NEAR(weights[j], vector.expected[j], float32_rounding) << vector.normaliser;
  }
}

/// Logits with ties, runs and a spread that puts few or many keys on the support.
std::vector<double> random_logits(std::size_t count, double spread, std::uint64_t seed) {
  std::mt19937_64 bits(seed);
  std::normal_distribution<double> normal;
  std::vector<double> logits(count);
  for (double& logit : logits)
    logit = static_cast<double>(static_cast<float>(std::round(64 * spread * normal(bits)) / 64));
  return logits;
}

TEST(Normalisers, WholeRowsAgreeWithTheDefinition) {
  for (const char* name :
       {"topk_softmax(1)", "topk_softmax(7)", "topk_softmax(64)", "topk_softmax(400)", "fusedmax(0)",
        "fusedmax(0.01)", "fusedmax(0.3)", "fusedmax(5)", "fusedmax(1e6)", "oscarmax(0)", "oscarmax(0.001)",
        "oscarmax(0.02)", "oscarmax(0.5)", "oscarmax(1e4)"})
    for (const std::size_t count : {1, 2, 5, 63, 130, 700})
      for (const double spread : {0.0, 0.05, 1.0, 20.0})
        for (std::uint64_t seed = 0; seed < 5; ++seed) {
          const Normaliser normaliser = Normaliser::parse(name);
          const std::vector<double> logits = random_logits(count, spread, seed);
          std::vector<double> expected = logits;
          normaliser.weights(expected);
          const std::vector<double> weights = solved(normaliser, logits);
          for (std::size_t j = 0; j < count; ++j)
            ASSERT_NEAR(weights[j], expected[j], 4 * epsilon(DType::f32))
                << name << " of " << count << " spread " << spread;
        }
}

TEST(Normalisers, WithoutTheirPenaltyTheyAreSparsemax) {
  const std::vector<double> logits = random_logits(300, 1, 7);
  std::vector<double> sparsemax = logits;
  Normaliser::parse("sparsemax").weights(sparsemax);
  for (const char* name : {"fusedmax(0)", "oscarmax(0)"}) {
    std::vector<double> row = logits;
    Normaliser::parse(name).weights(row);
    for (std::size_t j = 0; j < logits.size(); ++j) EXPECT_NEAR(row[j], sparsemax[j], 1e-12) << name;
  }
}

TEST(Normalisers, OffByOneIsSoftmaxWithAKeyOfLogitZero) {
  std::vector<double> row = v;
  Normaliser::parse("off_by_one").weights(row);
  std::vector<double> with_key = v;
  with_key.push_back(0);
  Normaliser::parse("softmax").weights(with_key);
  double sum = 0;
  for (std::size_t j = 0; j < row.size(); ++j) {
    EXPECT_NEAR(row[j], with_key[j], 1e-15);
    sum += row[j];
  }
  EXPECT_NEAR(sum, 1 - with_key.back(), 1e-15);
}

TEST(Normalisers, ExtremesOfTheDefinition) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  for (const MemberInfo& info : normaliser_infos()) {
    const Normaliser normaliser = Normaliser::parse(info.example);
    const std::string_view name = info.name;
    // Weights of the others need not sum to 1.
    if (normaliser.kind() == NormaliserKind::elementwise || normaliser.null_logit() > -infinity) continue;
    std::vector<double> row{-infinity, 3, -infinity};
    normaliser.weights(row);
    EXPECT_EQ(row, (std::vector<double>{0, 1, 0})) << name;
    row = {-infinity, -infinity};
    normaliser.weights(row);
    EXPECT_EQ(row, (std::vector<double>{0, 0})) << name;
    row = {1, std::nan(""), 2};
    normaliser.weights(row);
    for (const double weight : row) EXPECT_TRUE(std::isnan(weight)) << name;
    row = {1, infinity, 2};
    normaliser.weights(row);
    for (const double weight : row) EXPECT_TRUE(std::isnan(weight)) << name;
    row.clear();
    normaliser.weights(row);
    EXPECT_TRUE(row.empty());
  }
}

}  // namespace
}  // namespace attnlab
