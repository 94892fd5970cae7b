// Logits of bfloat16 inputs are as precise as those of float32 inputs: products of bfloat16 numbers are exact
// in float32, and the factor of the score is applied in float32, not to queries, which would be rounded
// again.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "attnlab/engines/product_choice.h"
#include "support/case.h"

namespace attnlab {
namespace {

/// With window(1) and as many queries as keys, row i sees only key i, so its logsumexp is the logit.
void expect_float32_logits(const char* variant, const Shape& shape) {
  const Case given = make_case(variant, shape, DType::bf16);
  const std::int64_t shift = shape.seqlen_k - shape.seqlen_q;
  std::vector<float> q(static_cast<std::size_t>(shape.head_dim)), k(q.size());
  for (const Engine* engine : fast_engines(given)) {
    const Outcome outcome = run_with_statistics(*engine, given);
    for (std::int64_t head = 0; head < shape.heads; ++head)
      for (std::int64_t i = 0; i < shape.seqlen_q; ++i) {
        read_row(given.q.view(), 0, head, i, q);
        read_row(given.k.view(), 0, shape.kv_head(head), i + shift, k);
        double product = 0;
        double magnitude = 0;
        for (std::size_t c = 0; c < q.size(); ++c) {
          product += static_cast<double>(q[c]) * static_cast<double>(k[c]);
          magnitude += std::abs(static_cast<double>(q[c]) * static_cast<double>(k[c]));
        }
        const double factor = 1 / std::sqrt(static_cast<double>(shape.head_dim));
        // A sum of head_dim terms in float32, in any order, then a product with a rounded factor.
        const double rounding =
            static_cast<double>(shape.head_dim + 2) * std::numeric_limits<float>::epsilon() / 2;
        EXPECT_NEAR(
            outcome.statistics[static_cast<std::size_t>(head * shape.seqlen_q + i)][Statistic::logsumexp],
            factor * product, factor * magnitude * rounding)
            << engine->name() << ' ' << variant << " d " << shape.head_dim << " row " << i;
      }
  }
}

class Bf16Logits : public ::testing::TestWithParam<Bf16Products> {
 protected:
  void SetUp() override { force_bf16_products(GetParam()); }
  void TearDown() override { force_bf16_products(std::nullopt); }
};

TEST_P(Bf16Logits, AreThoseOfFloat32Sums) {
  for (const std::int64_t head_dim : {16, 64, 80, 96, 128, 320}) {
    for (const char* variant :
         {"window(1)|softmax", "window(1)|sigmoid", "window(1)|topk_softmax(2)", "window(1)|entmax(1.5)"})
      expect_float32_logits(variant, {1, 2, 1, 150, 150, head_dim, 16});
    // Few queries and many keys, which are used in place; and packed keys.
    expect_float32_logits("window(1)|softmax", {1, 2, 1, 7, 2100, head_dim, 16});
    expect_float32_logits("window(1)|softmax", {1, 2, 1, 40, 2100, head_dim, 16});
  }
}

INSTANTIATE_TEST_SUITE_P(Products, Bf16Logits,
                         ::testing::Values(Bf16Products::row_code, Bf16Products::onednn),
                         [](const auto& test) {
                           return test.param == Bf16Products::row_code ? "row_code" : "onednn";
                         });

}  // namespace
}  // namespace attnlab
