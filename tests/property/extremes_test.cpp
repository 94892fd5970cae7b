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
  std::vector<std::string> names{"entmax(1.25)", "entmax(2)", "topk_softmax(1000)"};
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
