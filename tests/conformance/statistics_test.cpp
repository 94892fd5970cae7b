// Row statistics of the fast engines against the oracle's, row by row.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "attnlab/engines/registry.h"
#include "support/case.h"

namespace attnlab {
namespace {

/// Mass within `distance` = 2^b - 1.
double mass_within(const RowStatistics& row, double distance) {
  double mass = 0;
  for (std::size_t bucket = 0; bucket < distance_buckets && std::exp2(bucket) - 1 <= distance; ++bucket)
    mass += static_cast<double>(row.distance_mass[bucket]);
  return mass;
}

/// A percentile jumps where the mass reaches its share within rounding.
void expect_percentile(double got, const RowStatistics& wanted, double share, double tolerance) {
  EXPECT_GE(mass_within(wanted, got), share - tolerance);
  if (got > 0) {
    EXPECT_LE(mass_within(wanted, (got - 1) / 2), share + tolerance);
  }
}

/// Every fast engine, row by row.
void expect_agreement(const Case& given) {
  const DType dtype = given.problem.dtype;
  const Outcome expected = run_with_statistics(find_engine("reference"), given);
  for (const Engine* engine : fast_engines(given)) {
    SCOPED_TRACE(::testing::Message()
                 << engine->name() << ' ' << given.variant.name() << ' ' << to_string(dtype));
    const Outcome outcome = run_with_statistics(*engine, given);
    EXPECT_EQ(outcome.output, run(*engine, given));
    // Products in bf16 move the logits, and a full_row normaliser then chooses other keys, or groups them
    // otherwise: what its rows amount to together is what can be compared.
    const bool together = dtype != DType::f32 && given.variant.normaliser.kind() == NormaliserKind::full_row;
    double got_sum[statistic_names.size()] = {};
    double wanted_sum[statistic_names.size()] = {};
    for (std::size_t row = 0; row < expected.statistics.size(); ++row) {
      ASSERT_EQ(outcome.statistics[row].visible, expected.statistics[row].visible) << row;
      if (expected.statistics[row].visible == 0) continue;
      for (std::size_t s = 0; s < statistic_names.size(); ++s) {
        const double wanted = expected.statistics[row].values[s];
        const double got = outcome.statistics[row].values[s];
        if (std::isnan(wanted)) {
          EXPECT_TRUE(std::isnan(got)) << statistic_names[s] << " of row " << row;
          continue;
        }
        got_sum[s] += got;
        wanted_sum[s] += wanted;
        if (together) continue;
        // Products in bf16 move the logits themselves.
        const double tolerance = dtype == DType::f32 ? 2e-5 : 2e-2;
        const auto statistic = static_cast<Statistic>(s);
        if (statistic == Statistic::distance_p50 || statistic == Statistic::distance_p90) {
          expect_percentile(got, expected.statistics[row], statistic == Statistic::distance_p50 ? 0.5 : 0.9,
                            tolerance);
          continue;
        }
        double allowed = tolerance * (1 + std::abs(wanted));
        // A key whose logit is within rounding of the threshold may fall on either side.
        if (statistic == Statistic::support) allowed = 1;
        if (statistic == Statistic::sparsity)
          allowed = 1.0001 / static_cast<double>(expected.statistics[row].visible);
        // p (ln p)^2 is steep at 0: it moves by d (ln d)^2 as p goes from 0 to d.
        if (statistic == Statistic::varentropy && dtype != DType::f32)
          allowed *= std::pow(std::log(tolerance), 2);
        EXPECT_NEAR(got, wanted, allowed) << statistic_names[s] << " of row " << row;
      }
      for (std::size_t bucket = 0; bucket < distance_buckets && !together; ++bucket) {
        const float got = outcome.statistics[row].distance_mass[bucket];
        const float wanted = expected.statistics[row].distance_mass[bucket];
        if (std::isnan(wanted) && std::isnan(got)) continue;  // the row has no weight
        EXPECT_NEAR(got, wanted, dtype == DType::f32 ? 2e-5 : 2e-2)
            << "bucket " << bucket << " of row " << row;
      }
    }
    for (std::size_t s = 0; s < statistic_names.size(); ++s)
      EXPECT_NEAR(got_sum[s], wanted_sum[s], 1e-2 * std::abs(wanted_sum[s]))
          << statistic_names[s] << " of all rows";
  }
}

TEST(Statistics, AgreeWithTheOracle) {
  for (const char* name : {"softmax",
                           "causal|softmax",
                           "causal&window(60)|softmax",
                           "softcap(2)+alibi|causal|softmax",
                           "causal|off_by_one",
                           "causal|sigmoid",
                           "causal|relu2",
                           "t5|softmax",
                           "causal|topk_softmax(8)",
                           "causal|fusedmax(0.1)",
                           "causal|oscarmax(0.01)",
                           "gaussian(30)|softmax",
                           "local_m(30)|softmax",
                           "local_p(60)|off_by_one",
                           "local_p(300)|entmax(1.5)",
                           "gaussian(30)|causal|topk_softmax(8)",
                           "local_p(20)|softmax",
                           "local_p(20)|causal|sparsemax",
                           "causal|entmax(1.5)",
                           "sparsemax",
                           "causal&!causal|softmax"})
    for (const DType dtype : {DType::f32, DType::bf16})
      expect_agreement(make_case(name, {1, 2, 1, 333, 333, 32, 32}, dtype));
}

TEST(Statistics, WhereLocalityLeavesLittleWeightAgreeWithTheOracle) {
  // Rows keep as little as 5e-6 of their weight, and shares of so little magnify what moves a weight. In
  // bfloat16 only logits of head_dim 64 can be compared: q / 8 rounds nothing, q / sqrt(32) does.
  expect_agreement(make_case("local_p(60)|entmax(1.5)", {1, 2, 1, 333, 333, 32, 32}, DType::f32));
  expect_agreement(make_case("local_p(60)|entmax(1.5)", {1, 2, 1, 333, 333, 64, 64}, DType::bf16));
}

TEST(Statistics, OfFewQueriesAndManyKeysAgreeWithTheOracle) {
  // The keys are split, and the sketches of the parts merged.
  for (const char* name : {"softmax", "causal|off_by_one", "causal&window(3000)|softmax"})
    expect_agreement(make_case(name, {1, 4, 2, 5, 4500, 16, 16}, DType::f32));
}

TEST(Statistics, DoNotDependOnWhatIsMasked) {
  const Shape shape{1, 2, 1, 150, 600, 16, 16};
  for (const char* name :
       {"window(40)|softmax", "window(40)|sigmoid", "window(40)|entmax(1.5)", "window(40)|topk_softmax(8)"}) {
    const Case clean = make_case(name, shape, DType::f32);
    Case dirty = make_case(name, shape, DType::f32);
    // The first query sits at key 450 and sees from 411 on.
    const std::vector<float> nan(16, std::numeric_limits<float>::quiet_NaN());
    for (std::int64_t j = 0; j < 411; ++j)
      for (const MutableTensorView& tensor : {dirty.k.view(), dirty.v.view()})
        write_row(tensor, 0, 0, j, nan);
    for (const Engine* engine : fast_engines(clean)) {
      const Outcome expected = run_with_statistics(*engine, clean);
      const Outcome outcome = run_with_statistics(*engine, dirty);
      for (std::size_t row = 0; row < expected.statistics.size(); ++row)
        for (std::size_t s = 0; s < statistic_names.size(); ++s)
          // Norms of values are relative to the largest, which may have been a masked one.
          EXPECT_NEAR(outcome.statistics[row].values[s], expected.statistics[row].values[s],
                      1e-6 * (1 + std::abs(expected.statistics[row].values[s])))
              << engine->name() << ' ' << name << ' ' << statistic_names[s] << " of row " << row;
    }
  }
}

}  // namespace
}  // namespace attnlab
