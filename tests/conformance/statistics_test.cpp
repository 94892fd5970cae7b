// Row statistics of the fast engines against those of the oracle, row by row.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "attnlab/engines/registry.h"
#include "conformance/sensitivity.h"
#include "support/case.h"
#include "support/forced_products.h"
#include "support/percentile.h"

namespace attnlab {
namespace {

/// The worst statistic of a row of a fast engine, and its difference relative to the tolerance.
void expect_row(const RowStatistics& got, const RowStatistics& wanted, const Allowed& allowed) {
  ASSERT_EQ(got.visible, wanted.visible);
  for (std::size_t s = 0; s < statistic_names.size(); ++s) {
    const auto statistic = static_cast<Statistic>(s);
    if (std::isnan(wanted.values[s]))
      EXPECT_TRUE(std::isnan(got.values[s])) << statistic_names[s];
    else if (is_percentile(statistic))
      expect_percentile(statistic, got.values[s], wanted, allowed.mass_within);
    else
      EXPECT_NEAR(got.values[s], wanted.values[s], allowed.values[s]) << statistic_names[s];
  }
  for (std::size_t bucket = 0; bucket < distance_buckets; ++bucket)
    if (std::isnan(wanted.distance_mass[bucket]))
      EXPECT_TRUE(std::isnan(got.distance_mass[bucket])) << "bucket " << bucket;
    else
      EXPECT_NEAR(got.distance_mass[bucket], wanted.distance_mass[bucket], allowed.distance_mass[bucket])
          << "bucket " << bucket;
}

/// Compares every fast engine in every 61st row and the last row: 61 has no common divisor with the sizes
/// of tiles, strips and registers.
void expect_agreement(const definitions::Variant& variant, const Shape& shape, DType dtype) {
  const ProductsOfTheLevel products;
  const Case given = make_case(name_of(variant), shape, dtype);
  const Outcome expected = run_with_statistics(find_engine("reference"), given);
  std::vector<std::pair<std::size_t, Allowed>> checked;
  for (std::int64_t head = 0; head < shape.batch * shape.heads; ++head) {
    Sensitivity sensitivity(variant, given, head / shape.heads, head % shape.heads);
    for (std::int64_t i = 0; i < shape.seqlen_q;
         i += i + 1 < shape.seqlen_q ? std::min<std::int64_t>(61, shape.seqlen_q - 1 - i) : 1) {
      const auto row = static_cast<std::size_t>(head * shape.seqlen_q + i);
      checked.emplace_back(row, expected.statistics[row].visible > 0 ? sensitivity.of_row(i) : Allowed{});
    }
  }
  for (const Engine* engine : fast_engines(given)) {
    SCOPED_TRACE(::testing::Message()
                 << engine->name() << ' ' << given.variant.name() << ' ' << to_string(dtype));
    const Outcome outcome = run_with_statistics(*engine, given);
    EXPECT_EQ(outcome.output, run(*engine, given));
    for (const auto& [row, allowed] : checked) {
      SCOPED_TRACE(::testing::Message() << "row " << row);
      if (expected.statistics[row].visible > 0)
        expect_row(outcome.statistics[row], expected.statistics[row], allowed);
      else
        EXPECT_EQ(outcome.statistics[row].visible, 0);
    }
  }
}

TEST(Statistics, AgreeWithTheOracle) {
  for (const definitions::Variant& variant :
       std::vector<definitions::Variant>{{"scaled_dot"},
                                         {"scaled_dot", "", "causal"},
                                         {"scaled_dot", "", "causal&window(60)"},
                                         {"scaled_dot", "softcap(2)+alibi", "causal"},
                                         {"scaled_dot", "", "causal", "off_by_one"},
                                         {"scaled_dot", "", "causal", "sigmoid"},
                                         {"scaled_dot", "", "causal", "relu2"},
                                         {"scaled_dot", "t5"},
                                         {"scaled_dot", "", "local_m(30)"},
                                         {"scaled_dot", "local_p(20)"},
                                         {"scaled_dot", "local_p(20)", "causal", "sparsemax"},
                                         {"scaled_dot", "", "causal", "topk_softmax(8)"},
                                         {"scaled_dot", "", "causal", "fusedmax(0.1)"},
                                         {"scaled_dot", "", "causal", "oscarmax(0.01)"},
                                         {"scaled_dot", "gaussian(30)"},
                                         {"scaled_dot", "local_p(60)", "full", "off_by_one"},
                                         {"scaled_dot", "local_p(300)", "full", "entmax(1.5)"},
                                         {"scaled_dot", "local_p(60)", "full", "entmax(1.5)"},
                                         {"scaled_dot", "gaussian(30)", "causal", "topk_softmax(8)"},
                                         {"scaled_dot", "", "causal", "entmax(1.5)"},
                                         {"scaled_dot", "", "full", "sparsemax"},
                                         {"scaled_dot", "", "causal&!causal"}})
    for (const DType dtype : {DType::f32, DType::bf16})
      expect_agreement(variant, {1, 2, 1, 333, 333, 32, 32}, dtype);
}

TEST(Statistics, OfEveryBatchAndHeadAgreeWithTheOracle) {
  for (const char* normaliser : {"softmax", "sigmoid", "entmax(1.5)", "topk_softmax(8)"})
    expect_agreement({"scaled_dot", "", "causal", normaliser}, {2, 4, 2, 70, 70, 16, 16}, DType::f32);
}

TEST(Statistics, OfFewQueriesAndManyKeysAgreeWithTheOracle) {
  // The keys are split, and the sketches of the parts merged.
  for (const definitions::Variant& variant :
       std::vector<definitions::Variant>{{"scaled_dot"},
                                         {"scaled_dot", "", "causal", "off_by_one"},
                                         {"scaled_dot", "", "causal&window(1500)"}})
    expect_agreement(variant, {1, 2, 1, 5, 2100, 16, 16}, DType::f32);
}

TEST(Statistics, DoNotDependOnWhatIsMasked) {
  const Shape shape{1, 2, 1, 150, 600, 16, 16};
  for (const char* name :
       {"window(40)|softmax", "window(40)|sigmoid", "window(40)|entmax(1.5)", "window(40)|topk_softmax(8)"}) {
    const Case clean = make_case(name, shape, DType::f32);
    Case dirty = make_case(name, shape, DType::f32);
    // The first query is at key 450 and sees keys from 411 on.
    const std::vector<float> nan(16, std::numeric_limits<float>::quiet_NaN());
    for (std::int64_t j = 0; j < 411; ++j)
      for (const MutableTensorView& tensor : {dirty.k.view(), dirty.v.view()})
        write_row(tensor, 0, 0, j, nan);
    for (const Engine* engine : fast_engines(clean)) {
      const Outcome expected = run_with_statistics(*engine, clean);
      const Outcome outcome = run_with_statistics(*engine, dirty);
      for (std::size_t row = 0; row < expected.statistics.size(); ++row)
        for (std::size_t s = 0; s < statistic_names.size(); ++s)
          // Norms of values are relative to the largest, which may be the norm of a masked value: each is
          // rounded again, as are its logarithm and the two products with it.
          EXPECT_NEAR(outcome.statistics[row].values[s], expected.statistics[row].values[s],
                      4 * epsilon(DType::f32) * (1 + std::abs(expected.statistics[row].values[s])))
              << engine->name() << ' ' << name << ' ' << statistic_names[s] << " of row " << row;
    }
  }
}

}  // namespace
}  // namespace attnlab
