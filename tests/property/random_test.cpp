// Random variants on random shapes: the engines against the oracle, and patterns against their definition key
// by key.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <functional>
#include <string>

#include "support/case.h"

namespace attnlab {
namespace {

/// A random pattern expression with what it means for one (position, key).
struct Expression {
  std::string text;
  std::function<bool(std::int64_t, std::int64_t)> visible;
};

Expression random_pattern(int depth) {
  const int choice = *rc::gen::inRange(0, depth > 0 ? 7 : 4);
  const std::int64_t a = *rc::gen::inRange<std::int64_t>(1, 60);
  const std::int64_t b = *rc::gen::inRange<std::int64_t>(1, 60);
  switch (choice) {
    case 0:
      return {"causal", [](auto p, auto j) { return j <= p; }};
    case 1:
      return {"window(" + std::to_string(a) + ")", [=](auto p, auto j) { return p - a < j && j <= p; }};
    case 2:
      return {"window(" + std::to_string(a) + "," + std::to_string(b) + ")",
              [=](auto p, auto j) { return p - a <= j && j <= p + b; }};
    case 3:
      return {"chunk_local(" + std::to_string(a) + ")",
              [=](auto p, auto j) { return p >= 0 && p / a == j / a; }};
    case 4: {
      const Expression inner = random_pattern(depth - 1);
      return {"!(" + inner.text + ")", [=](auto p, auto j) { return !inner.visible(p, j); }};
    }
    default: {
      const Expression left = random_pattern(depth - 1);
      const Expression right = random_pattern(depth - 1);
      if (choice == 5)
        return {"(" + left.text + ")&(" + right.text + ")",
                [=](auto p, auto j) { return left.visible(p, j) && right.visible(p, j); }};
      return {"(" + left.text + ")|(" + right.text + ")",
              [=](auto p, auto j) { return left.visible(p, j) || right.visible(p, j); }};
    }
  }
}

TEST(Random, PatternsMeanWhatTheySay) {
  EXPECT_TRUE(rc::check([] {
    const Expression expression = random_pattern(3);
    const Pattern pattern = Pattern::parse(expression.text);
    RC_ASSERT(Pattern::parse(pattern.name()).name() == pattern.name());
    const Shape shape{1, 1, 1, *rc::gen::inRange<std::int64_t>(1, 90), *rc::gen::inRange<std::int64_t>(1, 90),
                      1, 1};
    const std::int64_t i = *rc::gen::inRange<std::int64_t>(0, shape.seqlen_q);
    const std::int64_t last = *rc::gen::inRange<std::int64_t>(i + 1, shape.seqlen_q + 1);
    const KeySet own = pattern.keys(shape, i);
    const KeySet any = pattern.keys_of_any(shape, i, last);
    const KeySet all = pattern.keys_of_all(shape, i, last);
    for (std::int64_t j = 0; j < shape.seqlen_k; ++j) {
      const bool visible = expression.visible(shape.position(i), j);
      RC_ASSERT(own.contains(j) == visible);
      RC_ASSERT(!visible || any.contains(j));
      RC_ASSERT(visible || !all.contains(j));
    }
  }));
}

const std::string& any_example(const std::vector<std::string>& names) {
  return names[static_cast<std::size_t>(*rc::gen::inRange<int>(0, static_cast<int>(names.size())))];
}

std::vector<std::string> examples(const std::vector<MemberInfo>& infos) {
  std::vector<std::string> names;
  for (const MemberInfo& info : infos) names.emplace_back(info.example);
  return names;
}

TEST(Random, RowsThatRoundingDecidesAreLeftOut) {
  // Random cases found it: softcap crowds logits together, and in one row the eighth and the ninth are as
  // good as equal.
  const Case given = make_case("cosine(8)|softcap(2)|!window(40,8)|topk_softmax(8)",
                               {1, 1, 1, 84, 183, 2, 29}, DType::f32, 2, 0.1);
  const Judge judge(given);
  for (const Engine* engine : fast_engines(given)) {
    const OutputError found = judge.error(run(*engine, given));
    EXPECT_TRUE(found.within_budget()) << engine->name();
    EXPECT_GE(found.undetermined_rows, 1) << engine->name();
    EXPECT_LE(found.undetermined_rows, 20) << engine->name();
  }
}

TEST(Random, EnginesAgreeWithTheOracle) {
  EXPECT_TRUE(rc::check([] {
    const std::string variant = any_example(examples(score_infos())) + "|" +
                                any_example(examples(modifier_infos())) + "|(" + random_pattern(2).text +
                                ")|" + any_example(examples(normaliser_infos()));
    const std::int64_t kv_heads = *rc::gen::inRange<std::int64_t>(1, 3);
    // Many rows: the textbook's error is a yardstick only as the largest of many. Small shapes are
    // conformance's.
    const Shape shape{*rc::gen::inRange<std::int64_t>(1, 3),
                      kv_heads * *rc::gen::inRange<std::int64_t>(1, 3),
                      kv_heads,
                      *rc::gen::inRange<std::int64_t>(64, 150),
                      *rc::gen::inRange<std::int64_t>(1, 600),
                      *rc::gen::inRange<std::int64_t>(1, 40),
                      *rc::gen::inRange<std::int64_t>(8, 40)};
    const DType dtype = *rc::gen::element(DType::f32, DType::bf16, DType::f16);
    const double spread = *rc::gen::element(0.1, 0.5);
    const Case given = make_case(variant, shape, dtype, 2, spread);
    const Judge judge(given);
    for (const Engine* engine : fast_engines(given)) {
      const OutputError found = judge.error(run(*engine, given));
      // Where every row is a tie there is nothing to check.
      RC_PRE(found.determined_rows > 0 || found.undetermined_rows == 0);
      if (!found.within_budget())
        RC_FAIL(fmt::format("{} {} {}: {} rows are beyond their budget, the worst at {:.3g} of it",
                            engine->name(), variant, to_string(dtype), found.rows_beyond,
                            found.worst.ratio()));
    }
  }));
}

}  // namespace
}  // namespace attnlab
