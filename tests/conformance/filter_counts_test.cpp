// Counts of the exact filter, compared with the oracle's support and with each other, for any number of
// threads.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "attnlab/core/isa.h"
#include "attnlab/engines/registry.h"
#include "attnlab/kernels/rows.h"
#include "attnlab/oracle/oracle.h"
#include "support/case.h"

namespace attnlab {
namespace {

std::optional<FilterCounts> counts_of(const Case& given, int threads, bool with_statistics = false) {
  const Problem problem{given.problem.shape, given.problem.dtype, threads};
  Workspace workspace;
  const std::unique_ptr<Plan> plan = find_engine("tiled").plan(given.variant, problem, workspace);
  const Shape& shape = problem.shape;
  Tensor output(problem.dtype, shape.output());
  std::vector<RowStatistics> statistics(static_cast<std::size_t>(shape.batch * shape.heads * shape.seqlen_q));
  // Two runs, since counts must be of one run only.
  for (int run = 0; run < 2; ++run)
    with_statistics ? plan->run_with_statistics(given.inputs(), output.view(), statistics)
                    : plan->run(given.inputs(), output.view());
  return plan->filter_counts();
}

auto values(const FilterCounts& counts) {
  return std::tuple(counts.approximated_rows, counts.rows, counts.appended, counts.passed, counts.support,
                    counts.solves, counts.whole_rows);
}

std::int64_t oracle_support(const Case& given) {
  const Shape& shape = given.problem.shape;
  Oracle oracle(given.variant, given.problem, given.inputs());
  std::int64_t support = 0;
  for (std::int64_t head = 0; head < shape.batch * shape.heads; ++head) {
    oracle.select(head / shape.heads, head % shape.heads);
    for (std::int64_t i = 0; i < shape.seqlen_q; ++i) {
      const std::span<const double> weights = oracle.weights(i);
      support += std::count_if(weights.begin(), weights.end(), [](double weight) { return weight > 0; });
    }
  }
  return support;
}

/// A length with 8-bit products, if the level has them, and a length that is too short for them.
const Shape longer{1, 2, 1, 50, 1650, 40, 24}, shorter{2, 2, 2, 300, 300, 16, 16};

TEST(FilterCounts, AreThoseOfTheOracleAndInOrder) {
  // If more than a tenth of the keys would pass, the block uses full products at once.
  for (const auto& [variant, few_pass] : {std::pair("entmax(1.5)", true),
                                          {"sparsemax", true},
                                          {"causal|entmax(1.25)", false},
                                          {"causal&window(900)|entmax(1.75)", true}})
    for (const Shape& shape : {longer, shorter}) {
      SCOPED_TRACE(::testing::Message() << variant << ", n " << shape.seqlen_k);
      const Case given = make_case(variant, shape, DType::f32);
      const FilterCounts counts = *counts_of(given, 1);
      const std::int64_t rows = shape.batch * shape.heads * shape.seqlen_q;
      const std::int64_t visible = shape.batch * visible_pairs(given.variant.pattern, shape);
      const bool approximated =
          shape.seqlen_k == longer.seqlen_k && row_code(isa_level()).approximate != nullptr && few_pass;
      EXPECT_EQ(counts.approximated_rows, approximated ? rows : 0);
      EXPECT_EQ(counts.rows, rows);
      // At most one key is within rounding of its threshold.
      EXPECT_NEAR(static_cast<double>(counts.support), static_cast<double>(oracle_support(given)), 1);
      EXPECT_GE(counts.passed, counts.support);
      EXPECT_GE(counts.appended, counts.passed);
      EXPECT_GE(visible, counts.appended);
      if (shape.seqlen_k == longer.seqlen_k) {
        EXPECT_LT(2 * counts.appended, visible) << "the bound leaves out most keys";
      }
      EXPECT_GE(counts.solves, rows);
      EXPECT_EQ(counts.whole_rows, 0);
      for (const int threads : {2, 4}) EXPECT_EQ(values(*counts_of(given, threads)), values(counts));
      const FilterCounts plain = *counts_of(given, 2, true);
      EXPECT_EQ(plain.approximated_rows, 0) << "statistics need every logit";
      EXPECT_NEAR(static_cast<double>(plain.support), static_cast<double>(counts.support), 1);
    }
}

TEST(FilterCounts, OfRowsThatAreAllSupportAreEverything) {
  const Case given = make_case("causal|entmax(1.5)", longer, DType::f32, 2, 0.0);
  const FilterCounts counts = *counts_of(given, 2);
  const std::int64_t visible = visible_pairs(given.variant.pattern, longer);
  EXPECT_EQ(counts.whole_rows, 100);
  EXPECT_EQ(std::tuple(counts.appended, counts.passed, counts.support),
            std::tuple(visible, visible, visible));
}

TEST(FilterCounts, OfNothingVisibleAreNone) {
  const FilterCounts counts = *counts_of(make_case("causal&!causal|sparsemax", shorter, DType::f32), 2);
  EXPECT_EQ(values(counts), values(FilterCounts{}));
}

TEST(FilterCounts, AreOfThresholdsAlone) {
  for (const char* variant : {"softmax", "sigmoid", "topk_softmax(8)"})
    EXPECT_FALSE(counts_of(make_case(variant, shorter, DType::f32), 1)) << variant;
}

}  // namespace
}  // namespace attnlab
