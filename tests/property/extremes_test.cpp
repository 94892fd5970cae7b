// Extreme input with one right answer, for every normaliser: infinite, huge and subnormal logits.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "support/case.h"

namespace attnlab {
namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();

std::vector<std::string> every_normaliser() {
  std::vector<std::string> names{"entmax(1.0000001)", "entmax(1.01)", "entmax(1.25)", "entmax(2)",
                                 "topk_softmax(1000)"};
  for (const MemberInfo& info : normaliser_infos()) names.emplace_back(info.example);
  return names;
}

/// Four queries of 1 and twenty keys in one dimension: the logits of every row are `keys`.
Case with_logits(const std::string& normaliser, DType dtype, float query, const std::vector<float>& keys) {
  Case made = make_case("dot|" + normaliser, {1, 1, 1, 4, std::ssize(keys), 1, 8}, dtype);
  for (std::int64_t i = 0; i < 4; ++i) write_row(made.q.view(), 0, 0, i, std::vector<float>{query});
  for (std::int64_t j = 0; j < std::ssize(keys); ++j)
    write_row(made.k.view(), 0, 0, j, std::vector<float>{keys[static_cast<std::size_t>(j)]});
  return made;
}

void expect_as_the_oracle(const Case& given) {
  const Judge judge(given);
  for (const double value : judge.exact()) ASSERT_TRUE(std::isfinite(value)) << given.variant.name();
  for (const Engine* engine : fast_engines(given))
    EXPECT_TRUE(judge.accepts(run(*engine, given)))
        << engine->name() << ' ' << given.variant.name() << ' ' << to_string(given.problem.dtype);
}

TEST(Extremes, OneFiniteLogitAmongMinusInfinity) {
  for (const std::string& normaliser : every_normaliser())
    for (const DType dtype : {DType::f32, DType::bf16}) {
      std::vector<float> keys(20, -infinity);
      keys[7] = 0.5F;
      expect_as_the_oracle(with_logits(normaliser, dtype, 1, keys));
    }
}

TEST(Extremes, NothingButMinusInfinityIsARowOfZeros) {
  for (const std::string& normaliser : every_normaliser())
    for (const DType dtype : {DType::f32, DType::bf16}) {
      const Case given = with_logits(normaliser, dtype, 1, std::vector<float>(20, -infinity));
      for (const Engine* engine : fast_engines(given))
        for (const float value : run(*engine, given))
          EXPECT_EQ(value, 0) << engine->name() << ' ' << normaliser;
    }
}

TEST(Extremes, LogitsOfTenThousand) {
  for (const std::string& normaliser : every_normaliser())
    for (const DType dtype : {DType::f32, DType::bf16}) {
      std::vector<float> keys(600);
      for (std::size_t j = 0; j < keys.size(); ++j) keys[j] = j % 3 == 0 ? 100.0F : -100.0F;
      expect_as_the_oracle(with_logits(normaliser, dtype, 100, keys));
      expect_as_the_oracle(with_logits(normaliser, dtype, -100, keys));
    }
}

TEST(Extremes, LargeLogitsThatAreEqualShareEvenly) {
  // 1 is less than the spacing of float32 numbers there. The row is long enough that some keys follow after
  // bounds were raised.
  for (const std::string& normaliser : every_normaliser()) {
    if (normaliser.starts_with("topk")) continue;  // any k of them are right
    for (const float size : {1e5F, 3e7F, 1e12F})
      for (const std::size_t count : {760, 2000})
        for (const float sign : {1.0F, -1.0F})
          expect_as_the_oracle(
              with_logits(normaliser, DType::f32, sign * size, std::vector<float>(count, 1.0F)));
  }
}

TEST(Extremes, SubnormalLogitsCountAsEqualOnes) {
  for (const std::string& normaliser : every_normaliser()) {
    if (normaliser.starts_with("topk")) continue;  // keeps the largest, however close the others are
    std::vector<float> keys(600);
    for (std::size_t j = 0; j < keys.size(); ++j) keys[j] = 1e-40F * static_cast<float>(j % 5);
    expect_as_the_oracle(with_logits(normaliser, DType::f32, 1, keys));
  }
}

/// The output of rows whose values are near the largest number of the dtype, from every engine.
void expect_values(const std::string& variant, const Shape& shape, DType dtype, float size) {
  Case given = make_case(variant, shape, dtype);
  for (std::int64_t h = 0; h < shape.kv_heads; ++h)
    for (std::int64_t j = 0; j < shape.seqlen_k; ++j) {
      // Keys 5 and 6 differ, so that a row has other values than its largest.
      const float value = j == 5 ? size / 2 : j == 6 ? -size : size;
      write_row(given.v.view(), 0, h, j,
                std::vector<float>(static_cast<std::size_t>(shape.head_dim_v), value));
    }
  expect_as_the_oracle(given);
}

TEST(Extremes, ValuesNearTheLargestNumber) {
  // Sums of such values before the division by the sum of the weights are infinite. The second and the third
  // shape have few queries, whose keys are split into parts.
  for (const Shape& shape : {Shape{1, 2, 1, 90, 700, 8, 16}, Shape{1, 2, 1, 2, 5000, 8, 8},
                             Shape{1, 4, 2, 1, 2100, 16, 64}, Shape{1, 1, 1, 40, 40, 4, 5}})
    for (const DType dtype : {DType::f32, DType::bf16})
      for (const float size : {1e37F, 2e38F, 3.3e38F})
        for (const char* variant : {"scaled_dot|softmax", "scaled_dot|causal|softmax", "dot|off_by_one",
                                    "scaled_dot|window(30)|softmax", "scaled_dot|gaussian(9)|causal|softmax"})
          expect_values(variant, shape, dtype, size);
}

TEST(Extremes, LargeValuesAreAveragedWithoutOverflow) {
  for (const float size : {1.0F, 1e37F, 2e38F, std::numeric_limits<float>::max()})
    for (const std::int64_t keys : {2, 300}) {
      Case given =
          with_logits("softmax", DType::f32, 1, std::vector<float>(static_cast<std::size_t>(keys), 0.5F));
      for (const std::int64_t different : {1, 101}) {  // values from size / 2 to size
        for (std::int64_t j = 0; j < keys; ++j)
          write_row(given.v.view(), 0, 0, j,
                    std::vector<float>(8, size * (1 - static_cast<float>(j * 37 % different) / 202)));
        expect_as_the_oracle(given);
      }
    }
}

TEST(Extremes, LogitsWhoseSignRoundingDecides) {
  // The weight is 0 on one side and rises on the other.
  for (const char* variant : {"cosine(8)|softcap(2)|window(1)|relu2", "cosine(8)|causal|relu2"})
    for (std::uint64_t seed = 1; seed <= 60; ++seed)
      expect_as_the_oracle(make_case(variant, {1, 1, 1, 12, 12, 24, 8}, DType::bf16, 2, 1, seed));
}

TEST(Extremes, ParametersAtTheEndsOfTheirRanges) {
  for (const char* variant : {"cosine(1e-30)|softmax",      "cosine(1e30)|softmax",
                              "neg_l2(1e-30)|softmax",      "neg_l2(1e30)|softmax",
                              "softcap(1e-30)|softmax",     "softcap(1e30)|softmax",
                              "temperature(1e-30)|softmax", "temperature(1e30)|softmax",
                              "log_n(1e-30)|softmax",       "log_n(1e30)|softmax",
                              "gaussian(0.001)|softmax",    "gaussian(1e9)|softmax",
                              "local_p(0.001)|softmax",     "local_p(1e9)|softmax",
                              "sigmoid(-3.4e38)",           "sigmoid(3.4e38)",
                              "fusedmax(3.4e38)",           "oscarmax(3.4e38)",
                              "entmax(1.0000000000000002)", "topk_softmax(1)",
                              "additive(1)|softmax",        "additive(512)|softmax",
                              "mlp(512,512)|softmax",       "t5(128,1000)|softmax",
                              "t5_causal(2,2)|softmax"}) {
    Case given = make_case(variant, {1, 2, 1, 5, 40, 4, 3}, DType::f32);
    expect_as_the_oracle(given);
    for (std::int64_t j = 0; j < 40; ++j) write_row(given.k.view(), 0, 0, j, std::vector<float>(4, 0.0F));
    for (std::int64_t h = 0; h < 2; ++h)
      for (std::int64_t i = 0; i < 5; ++i) write_row(given.q.view(), 0, h, i, std::vector<float>(4, 0.0F));
    expect_as_the_oracle(given);
  }
}

TEST(Extremes, CosineOfTinyAndHugeVectors) {
  for (const float size : {1e-45F, 1e-40F, 2e-38F, 1e-20F, 1e20F, 1e38F})
    for (const char* score : {"cosine", "cosine(8)", "cosine(1e30)"})
      for (const DType dtype : {DType::f32, DType::bf16}) {
        Case given = make_case(std::string(score) + "|softmax", {1, 1, 1, 4, 30, 3, 5}, dtype);
        for (const MutableTensorView& view : {given.q.view(), given.k.view()})
          for (std::int64_t row = 0; row < view.shape[2]; ++row) {
            const auto of = [&](std::int64_t c) { return (row + c) % 3 == 0 ? -size : size; };
            write_row(view, 0, 0, row, std::vector<float>{of(0), of(1), of(row)});
          }
        expect_as_the_oracle(given);
      }
}

TEST(Extremes, OneInfiniteLogitSpoilsTheRowsThatSeeIt) {
  for (const std::string& normaliser : every_normaliser()) {
    if (Normaliser::parse(normaliser).kind() == NormaliserKind::elementwise) continue;
    std::vector<float> keys(600, 0.25F);
    keys[500] = infinity;
    Case given = with_logits(normaliser, DType::f32, 1, keys);
    for (const Engine* engine : fast_engines(given))
      for (const float value : run(*engine, given))
        EXPECT_TRUE(std::isnan(value)) << engine->name() << ' ' << normaliser;
    given.variant.pattern = Pattern::parse("window(50)");
    for (const Engine* engine : fast_engines(given))
      for (const float value : run(*engine, given))
        EXPECT_TRUE(std::isfinite(value)) << engine->name() << ' ' << normaliser;
  }
}

}  // namespace
}  // namespace attnlab
