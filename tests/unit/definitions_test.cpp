// Every member of `attnlab list` is compared with vectors computed by hand and with definitions that share no
// code with lib.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "attnlab/oracle/oracle.h"
#include "definitions/modifiers.h"
#include "definitions/normalisers.h"
#include "definitions/patterns.h"
#include "definitions/scores.h"
#include "definitions/vectors.h"
#include "support/by_definition.h"

namespace attnlab {
namespace {

template <class Vectors, class Definitions, class CallOf>
void expect_complete(const char* kind, const char* file, const std::vector<MemberInfo>& members,
                     const Vectors& vectors, const Definitions& defined, CallOf call_of) {
  for (const MemberInfo& member : members) {
    const std::string name(member.name);
    EXPECT_TRUE(
        std::any_of(std::begin(vectors), std::end(vectors),
                    [&](const auto& vector) { return definitions::read_call(call_of(vector)).name == name; }))
        << "the " << kind << ' ' << name << " has no vector in tests/definitions/vectors.h";
    EXPECT_TRUE(defined.contains(name))
        << "the " << kind << ' ' << name << " has no definition in tests/definitions/" << file;
  }
}

TEST(Definitions, EveryMemberHasAVectorAndADefinition) {
  expect_complete("score", "scores.cpp", score_infos(), definitions::score_vectors, definitions::scores(),
                  [](const auto& vector) { return vector.score; });
  expect_complete("modifier", "modifiers.cpp", modifier_infos(), definitions::modifier_vectors,
                  definitions::modifiers(), [](const auto& vector) { return vector.modifier; });
  expect_complete("pattern", "patterns.cpp", pattern_infos(), definitions::pattern_vectors,
                  definitions::leaves(), [](const auto& vector) { return vector.pattern; });
  expect_complete("normaliser", "normalisers.cpp", normaliser_infos(), definitions::normaliser_vectors,
                  definitions::normalisers(), [](const auto& vector) { return vector.normaliser; });
}

/// A case of `variant` with its Q and K (one row each, the first ones) and its learned parameters replaced.
Case with_inputs(const std::string& variant, const Shape& shape, const std::vector<double>& q,
                 const std::vector<std::vector<double>>& k, const definitions::Parameters& learned) {
  Case made = make_case(variant, shape, DType::f32, 1);
  for (std::int64_t head = 0; head < shape.heads; ++head)
    for (std::int64_t i = 0; i < shape.seqlen_q; ++i)
      write_row(made.q.view(), 0, head, i, std::vector<float>(q.begin(), q.end()));
  for (std::int64_t j = 0; j < shape.seqlen_k; ++j) {
    const std::vector<double>& row = k[static_cast<std::size_t>(j)];
    write_row(made.k.view(), 0, 0, j, std::vector<float>(row.begin(), row.end()));
  }
  for (const auto& [name, values] : learned)
    made.weights.at(name).values = std::vector<float>(values.begin(), values.end());
  return made;
}

void expect_near(std::span<const double> got, const std::vector<double>& expected, const std::string& what) {
  ASSERT_EQ(got.size(), expected.size()) << what;
  for (std::size_t t = 0; t < expected.size(); ++t)
    EXPECT_NEAR(got[t], expected[t], definitions::vector_rounding) << what << ", " << t;
}

/// The results of lib and of the definition for a vector.
void expect_row(const definitions::Variant& variant, const Case& given, std::int64_t head, std::int64_t i,
                bool of_weights, const std::vector<double>& expected) {
  const std::string name = name_of(variant);
  Oracle oracle(given.variant, given.problem, given.inputs());
  oracle.select(0, head);
  expect_near(of_weights ? oracle.weights(i) : oracle.logits(i), expected, "lib: " + name);
  const definitions::Row row = attend(variant, inputs_of(given, 0, 0, given.problem.shape.seqlen_k), head, i);
  expect_near(of_weights ? row.weights : row.logits, expected, "definition: " + name);
}

TEST(Definitions, OfScoresGiveTheVectors) {
  for (const definitions::ScoreVector& vector : definitions::score_vectors) {
    const definitions::Variant variant{vector.score};
    const auto d = std::ssize(vector.q);
    const Case given =
        with_inputs(name_of(variant), {1, 1, 1, 1, 1, d, 1}, vector.q, {vector.k}, vector.learned);
    expect_row(variant, given, 0, 0, false, {vector.expected});
  }
}

TEST(Definitions, OfModifiersGiveTheVectors) {
  for (const definitions::ModifierVector& vector : definitions::modifier_vectors) {
    const definitions::Variant variant{"dot", vector.modifier};
    const auto n = std::ssize(vector.before);
    const auto d = std::ssize(vector.query);
    std::vector<std::vector<double>> keys;
    for (const double logit : vector.before) {
      keys.emplace_back(static_cast<std::size_t>(d), 0.0);
      keys.back()[0] = logit / vector.query[0];
    }
    const Case given =
        with_inputs(name_of(variant), {1, vector.heads, 1, n, n, d, 1}, vector.query, keys, vector.learned);
    expect_row(variant, given, vector.head, vector.position,
               vector.of == definitions::ModifierVector::weights, vector.expected);
  }
}

TEST(Definitions, OfPatternsGiveTheVectors) {
  for (const definitions::PatternVector& vector : definitions::pattern_vectors) {
    const Pattern pattern = Pattern::parse(vector.pattern);
    const auto n_q = std::ssize(vector.visible);
    const auto n_k = std::ssize(vector.visible[0]);
    const Shape shape{1, vector.head + 1, 1, n_q, n_k, 1, 1};
    for (std::int64_t i = 0; i < n_q; ++i) {
      std::string by_lib;
      std::string by_definition;
      for (std::int64_t j = 0; j < n_k; ++j) {
        by_lib += pattern.keys(shape, vector.head, i).contains(j) ? 'x' : '.';
        const definitions::Pair pair{vector.head, static_cast<double>(i + n_k - n_q), static_cast<double>(j),
                                     static_cast<double>(n_k)};
        by_definition += definitions::visible(vector.pattern, pair) ? 'x' : '.';
      }
      EXPECT_EQ(by_lib, vector.visible[static_cast<std::size_t>(i)])
          << "lib: " << vector.pattern << ", head " << vector.head << ", query " << i;
      EXPECT_EQ(by_definition, vector.visible[static_cast<std::size_t>(i)])
          << "definition: " << vector.pattern << ", head " << vector.head << ", query " << i;
    }
  }
}

TEST(Definitions, OfNormalisersGiveTheVectors) {
  for (const definitions::NormaliserVector& vector : definitions::normaliser_vectors) {
    std::vector<double> row = vector.logits;
    Normaliser::parse(vector.normaliser).weights(row);
    expect_near(row, vector.expected, "lib: " + vector.normaliser);
    const definitions::Call call = definitions::read_call(vector.normaliser);
    expect_near(definitions::normalisers().at(call.name)(call, vector.logits), vector.expected,
                "definition: " + vector.normaliser);
  }
}

/// The calls of a kind: those of its vectors and the examples of `attnlab list`.
template <class Vectors, class CallOf>
std::vector<std::string> calls(const std::vector<MemberInfo>& members, const Vectors& vectors,
                               CallOf call_of) {
  std::vector<std::string> result;
  for (const auto& vector : vectors) result.push_back(call_of(vector));
  for (const MemberInfo& member : members) result.emplace_back(member.example);
  std::sort(result.begin(), result.end());
  result.erase(std::unique(result.begin(), result.end()), result.end());
  return result;
}

std::vector<definitions::Variant> every_member() {
  std::vector<definitions::Variant> variants;
  for (const std::string& score :
       calls(score_infos(), definitions::score_vectors, [](const auto& vector) { return vector.score; }))
    variants.push_back({score, "", "causal"});
  for (const std::string& modifier : calls(modifier_infos(), definitions::modifier_vectors,
                                           [](const auto& vector) { return vector.modifier; })) {
    variants.push_back({"scaled_dot", modifier});
    variants.push_back({"scaled_dot", modifier, "causal", "sparsemax"});
  }
  for (const std::string& pattern : calls(pattern_infos(), definitions::pattern_vectors,
                                          [](const auto& vector) { return vector.pattern; }))
    variants.push_back({"scaled_dot", "", pattern});
  for (const std::string& normaliser : calls(normaliser_infos(), definitions::normaliser_vectors,
                                             [](const auto& vector) { return vector.normaliser; })) {
    variants.push_back({"scaled_dot", "", "full", normaliser});
    variants.push_back({"dot", "", "window(3,2)", normaliser});
  }
  variants.push_back(
      {"cosine(8)", "softcap(2)+alibi+log_n(0.7)+gaussian(5)+local_p(9)", "causal", "off_by_one"});
  variants.push_back({"neg_l2", "t5+local_p(4)", "causal", "relu2"});
  variants.push_back({"additive(3)", "alibi+softcap(2)+adaptive_temperature", "full", "entmax(1.3)"});
  return variants;
}

TEST(Definitions, AreWhatTheOracleComputes) {
  Shape packed{1, 2, 1, 14, 14, 4, 2};
  packed.cu_seqlens =
      std::make_shared<const std::vector<std::int64_t>>(std::vector<std::int64_t>{0, 5, 5, 6, 14});
  // Numbers of query heads that are no power of two; more keys than queries and more queries than keys;
  // packed sequences.
  for (const Shape& shape : {Shape{2, 6, 2, 7, 23, 5, 3}, Shape{1, 3, 3, 9, 6, 8, 4}, packed})
    for (const definitions::Variant& variant : every_member())
      EXPECT_EQ(difference_from_definition(variant, make_case(name_of(variant), shape, DType::f32)), "");
}

}  // namespace
}  // namespace attnlab
