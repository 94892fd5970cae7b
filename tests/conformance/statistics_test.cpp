// Row statistics of the fast engines against the oracle's, row by row.
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "engines/registry.h"
#include "support/case.h"

namespace attnlab {
namespace {

TEST(Statistics, AgreeWithTheOracle) {
  for (const char* name :
       {"softmax", "causal|softmax", "causal&window(60)|softmax", "softcap(2)+alibi|causal|softmax",
        "causal|off_by_one", "causal|sigmoid", "causal|topk_softmax(8)", "causal|fusedmax(0.1)",
        "causal|oscarmax(0.01)", "causal|entmax(1.5)", "sparsemax", "causal&!causal|softmax"}) {
    for (const DType dtype : {DType::f32, DType::bf16}) {
      const Case given = make_case(name, {1, 2, 1, 333, 333, 32, 32}, dtype);
      const Outcome expected = run_with_statistics(find_engine("reference"), given);
      for (const Engine* engine : fast_engines(given)) {
        SCOPED_TRACE(::testing::Message() << engine->name() << ' ' << name << ' ' << to_string(dtype));
        const Outcome outcome = run_with_statistics(*engine, given);
        EXPECT_EQ(outcome.output, run(*engine, given));
        // Products in bf16 move the logits, and a full_row normaliser then chooses other keys, or groups them
        // otherwise: what its rows amount to together is what can be compared.
        const bool together =
            dtype != DType::f32 && given.variant.normaliser.kind() == NormaliserKind::full_row;
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
            // A key whose logit is within rounding of the threshold may fall on either side.
            const bool is_support = statistic_names[s] == "support";
            // Products in bf16 move the logits themselves.
            const double tolerance = dtype == DType::f32 ? 2e-5 : 2e-2;
            EXPECT_NEAR(got, wanted, is_support ? 1.0 : tolerance * (1 + std::abs(wanted)))
                << statistic_names[s] << " of row " << row;
          }
        }
        for (std::size_t s = 0; s < statistic_names.size(); ++s)
          EXPECT_NEAR(got_sum[s], wanted_sum[s], 1e-2 * std::abs(wanted_sum[s]))
              << statistic_names[s] << " of all rows";
      }
    }
  }
}

}  // namespace
}  // namespace attnlab
