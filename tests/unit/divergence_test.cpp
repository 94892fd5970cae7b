// Divergences of rows of weights, compared with values by hand and with the formulas for a sparse row and
// softmax.
#include "attnlab/dispersion/divergence.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <vector>

#include "attnlab/variants/normaliser.h"

namespace attnlab {
namespace {

TEST(Divergence, ByHand) {
  const std::vector<std::int64_t> q_keys{2, 3, 7};
  const std::vector<double> q{1, 0, 3};  // 1/4, 0, 3/4
  const std::vector<std::int64_t> p_keys{1, 2, 3, 7};
  const std::vector<double> p{0.125, 0.125, 0.25, 0.5};
  const RowDivergence got = row_divergence({q_keys, q}, {p_keys, p});
  EXPECT_DOUBLE_EQ(got[Divergence::l1], 0.125 + 0.125 + 0.25 + 0.25);
  EXPECT_DOUBLE_EQ(got[Divergence::kl], 0.25 * std::log(2.0) + 0.75 * std::log(1.5));
  EXPECT_DOUBLE_EQ(got[Divergence::lost_mass], 0.375);
  const RowDivergence other_way = row_divergence({p_keys, p}, {q_keys, q});
  EXPECT_DOUBLE_EQ(other_way[Divergence::l1], got[Divergence::l1]);
  EXPECT_TRUE(std::isinf(other_way[Divergence::kl]));
  EXPECT_EQ(other_way[Divergence::lost_mass], 0);
}

TEST(Divergence, ARowIsNoDistanceFromItselfAndFarFromOtherKeys) {
  const std::vector<std::int64_t> keys{0, 1, 5};
  const std::vector<std::int64_t> others{2, 3, 4};
  const std::vector<double> weights{0.2, 0.3, 0.5};
  for (const double value : row_divergence({keys, weights}, {keys, weights}).values) EXPECT_EQ(value, 0);
  const RowDivergence far = row_divergence({keys, weights}, {others, weights});
  EXPECT_DOUBLE_EQ(far[Divergence::l1], 2);
  EXPECT_TRUE(std::isinf(far[Divergence::kl]));
  EXPECT_DOUBLE_EQ(far[Divergence::lost_mass], 1);
  for (const double value : row_divergence({keys, weights}, {{}, {}}).values) EXPECT_TRUE(std::isnan(value));
}

TEST(Divergence, OfSparseFromSoftmaxIsWhatTheLogsumexpGives) {
  const std::vector<double> logits{1, .5, .2, -.3, -1, .9};
  std::vector<std::int64_t> keys(logits.size());
  std::iota(keys.begin(), keys.end(), 10);
  double sum = 0;
  for (const double s : logits) sum += std::exp(s);
  const double log_sum = std::log(sum);
  for (const char* name : {"sparsemax", "entmax(1.5)", "topk_softmax(2)"}) {
    std::vector<double> q = logits;
    std::vector<double> p = logits;
    Normaliser::parse(name).weights(q);
    Normaliser::parse("softmax").weights(p);
    double kl = log_sum;
    double l1 = 1;
    double kept = 0;
    for (std::size_t t = 0; t < q.size(); ++t) {
      if (q[t] == 0) continue;
      kl += q[t] * (std::log(q[t]) - logits[t]);
      l1 += std::abs(p[t] - q[t]) - p[t];
      kept += p[t];
    }
    const RowDivergence got = row_divergence({keys, q}, {keys, p});
    EXPECT_NEAR(got[Divergence::kl], kl, 1e-14) << name;
    EXPECT_NEAR(got[Divergence::l1], l1, 1e-14) << name;
    EXPECT_NEAR(got[Divergence::lost_mass], 1 - kept, 1e-14) << name;
  }
}

}  // namespace
}  // namespace attnlab
