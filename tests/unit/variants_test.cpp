// Names of variants and modifiers.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <span>
#include <vector>

#include "attnlab/core/argument_error.h"
#include "attnlab/engines/registry.h"
#include "attnlab/variants/variant.h"

namespace attnlab {
namespace {

TEST(Names, CanonicalFormParsesBackToItself) {
  for (const auto& [given, canonical] : std::vector<std::pair<std::string, std::string>>{
           {"softmax", "scaled_dot|softmax"},
           {"full", "scaled_dot|softmax"},
           {"scaled_dot|softcap(30.0)|causal & window( 512 )|entmax(1.50)",
            "scaled_dot|softcap(30)|causal&window(512)|entmax(1.5)"},
           {"window(7,0)", "scaled_dot|window(8)|softmax"},
           {"softcap(30)+alibi", "scaled_dot|softcap(30)+alibi|softmax"},
           {"(causal|window(2,3))|sparsemax", "scaled_dot|(causal|window(2,3))|sparsemax"},
           {"!causal&(window(3)|chunk_local(4))", "scaled_dot|!causal&(window(3)|chunk_local(4))|softmax"},
           {"cosine|temperature(0.1)", "cosine(1)|temperature(0.1)|softmax"},
           {"t5+t5_causal(8)", "scaled_dot|t5(32,128)+t5_causal(8,128)|softmax"},
           {"neg_l2", "neg_l2|softmax"},
           {"neg_l2(0.50)", "neg_l2(0.5)|softmax"},
           {"log_n", "scaled_dot|log_n(0.43)|softmax"},
           {"alibi( plain )", "scaled_dot|alibi(plain)|softmax"},
           {"sigmoid", "scaled_dot|sigmoid"},
           {"sigmoid( -8.0)", "scaled_dot|sigmoid(-8)"},
           {"causal & (sink( 4 )|window(1020))", "scaled_dot|causal&(sink(4)|window(1020))|softmax"},
           {"bigbird( 16, 3,1,2 )", "scaled_dot|bigbird(16,3,1,2)|softmax"},
           {"mlp_relu(8,4)|causal", "mlp_relu(8,4)|causal|softmax"}}) {
    EXPECT_EQ(Variant::parse(given).name(), canonical) << given;
    EXPECT_EQ(Variant::parse(canonical).name(), canonical) << canonical;
  }
}

TEST(Names, EveryExampleOfTheTablesParses) {
  for (const auto& infos : {score_infos(), modifier_infos(), pattern_infos(), normaliser_infos()})
    for (const MemberInfo& info : infos) {
      const std::string name = Variant::parse(info.example).name();
      EXPECT_EQ(Variant::parse(name).name(), name);
    }
}

void expect_refused(const std::string& text, const std::string& mentions) {
  try {
    Variant::parse(text);
    FAIL() << text << " was accepted";
  } catch (const ArgumentError& error) {
    EXPECT_NE(std::string(error.what()).find(mentions), std::string::npos) << text << ": " << error.what();
  }
}

TEST(Names, BadOnesAreRefusedWithTheReason) {
  expect_refused("sotfmax", "softmax");
  expect_refused("windw(3)", "window");
  expect_refused("window(0)", "from 1 to");
  expect_refused("window(2.5)", "integer");
  expect_refused("window(-1)", "from 1 to");
  expect_refused("window()", "wrong number of parameters");
  expect_refused("entmax(1)", "softmax");
  expect_refused("entmax(1.0)", "alpha = 1 is softmax");
  expect_refused("entmax(1e0)", "alpha = 1 is softmax");
  expect_refused("entmax(inf)", "<= 2");
  expect_refused("entmax(-nan)", "1 <");
  expect_refused("entmax(nan)", "1 <");
  expect_refused("entmax(2.1)", "<= 2");
  expect_refused("entmax(0.5)", "1 <");
  expect_refused("sigmoid(nan)", "b is not a finite number");
  expect_refused("off_by_one(1)", "off_by_one without parameters");
  expect_refused("topk_softmax", "topk_softmax with k >= 1");
  expect_refused("topk_softmax(0)", "from 1 to");
  expect_refused("topk_softmax(-3)", "from 1 to");
  expect_refused("topk_softmax(1.5)", "integer");
  for (const char* name : {"neg_l2", "cosine", "log_n", "softcap", "temperature"})
    for (const char* factor : {"0", "-1", "1e-39", "9e-31", "1.1e30", "1e38", "3.4e38"})
      expect_refused(std::string(name) + "(" + factor + ")", "1e-30 <= ");
  expect_refused("alibi(2)", "alibi or alibi(plain)");
  expect_refused("alibi(plane)", "alibi or alibi(plain)");
  expect_refused("alibi(plain,plain)", "alibi with plain");
  expect_refused("log_n(nan)", "a is not a finite number");
  expect_refused("fusedmax", "fusedmax with lambda >= 0");
  expect_refused("fusedmax(-0.1)", "0 <= lambda");
  expect_refused("fusedmax(nan)", "lambda is not a finite number");
  expect_refused("oscarmax(-0.1)", "0 <= lambda");
  expect_refused("adaptive_temperature(2)", "adaptive_temperature without parameters");
  for (const char* width : {"0", "-1", "nan", "inf", "", "1e10"})
    for (const char* name : {"gaussian", "local_p"})
      expect_refused(std::string(name) + "(" + width + ")",
                     *width == 0 ? std::string(name) + " with D > 0" : "; allowed: 0.001 <= D <= ");
  expect_refused("t5(2)", "from 4 to 128");
  expect_refused("t5(7)", "an even one");
  expect_refused("t5(32,8)", "from 9 to");
  expect_refused("t5_causal(65)", "from 2 to 64");
  expect_refused("relu2(1)", "relu2 without parameters");
  expect_refused("local_m(-1)", "from 0 to");
  expect_refused("local_m(2.5)", "integer");
  expect_refused("dilated(2)", "wrong number of parameters");
  expect_refused("dilated(0,2)", "w is out of range");
  expect_refused("dilated(2,0)", "r is out of range");
  expect_refused("strided(0)", "l is out of range");
  expect_refused("fixed(0,1)", "l is out of range");
  expect_refused("fixed(4,0)", "c is out of range");
  expect_refused("fixed(4,5)", "from 1 to 4");
  expect_refused("global(0)", "g is out of range");
  expect_refused("sink(0)", "g is out of range");
  expect_refused("prefix(0)", "P is out of range");
  expect_refused("bigbird(16,3,1)", "wrong number of parameters");
  expect_refused("bigbird(0,3,1,2)", "b is out of range");
  expect_refused("bigbird(16,0,1,2)", "w is out of range");
  expect_refused("bigbird(16,2,1,2)", "w is even");
  expect_refused("bigbird(16,3,-1,2)", "g is out of range");
  expect_refused("bigbird(16,3,1,65)", "r is out of range");
  expect_refused("neighbourhood(4,5)", "wrong number of parameters");
  expect_refused("neighbourhood(0,5,1)", "h is out of range");
  expect_refused("neighbourhood(4,0,1)", "w is out of range");
  expect_refused("neighbourhood(4,5,2)", "k is even");
  expect_refused("neighbourhood(4,5,5)", "from 1 to 4");
  expect_refused("neighbourhood(5,4,5)", "from 1 to 4");
  expect_refused("adaptive_temperature+alibi+adaptive_temperature", "one such modifier");
  expect_refused("softcap(1e999)", "number");
  expect_refused("softcap", "wrong number of parameters");
  expect_refused("causal(3)", "causal without parameters");
  expect_refused("causal&", "missing");
  expect_refused("(causal", "parenthes");
  expect_refused("softmax|causal", "score|modifiers|pattern|normaliser");
  expect_refused("additive(0)", "from 1 to");
  expect_refused("additive(99999999999999999999)", "from 1 to");
}

TEST(Scores, NegativeSquaredDistanceIsADotProductOfWiderRows) {
  // |(1, 2) - (3, -1)|^2 = 4 + 9.
  const std::vector<double> q{1, 2};
  const std::vector<double> k{3, -1};
  const auto score = [&](const char* name) {
    const Score of = Score::parse(name);
    std::vector<double> query(static_cast<std::size_t>(of.width(2)));
    std::vector<double> key(query.size());
    of.prepare_query(std::span(q), std::span(query), {});
    of.prepare_key(std::span(k), std::span(key), {});
    return std::inner_product(query.begin(), query.end(), key.begin(), 0.0);
  };
  EXPECT_NEAR(score("neg_l2(0.5)"), -6.5, 1e-12);
  EXPECT_NEAR(score("neg_l2"), -13 / std::sqrt(2), 1e-12);
  EXPECT_NEAR(score("dot"), 1, 1e-12);
  EXPECT_EQ(Score::parse("neg_l2").width(64), 66);
  EXPECT_EQ(Score::parse("scaled_dot").width(64), 64);
  EXPECT_EQ(Score::parse("additive(20)").width(64), 20);
}

TEST(Modifiers, AdaptiveTemperatureInItsDomain) {
  const auto beta = [](double entropy) {
    return Modifier::parse("adaptive_temperature").for_row({100, entropy})(1, 0, 0);
  };
  for (const double entropy : {0.0, 0.5, 0.848, 5.945, 7.0, 100.0, std::nan("")})
    EXPECT_EQ(beta(entropy), 1) << entropy;
  EXPECT_GT(beta(0.85), 1);
  EXPECT_GT(beta(5.944), 1);
  EXPECT_NEAR(beta(4.4124), 2.421388, 1e-6);
  EXPECT_NEAR(beta(2), 2.099, 1e-12);
}

TEST(Modifiers, EachHeadHasItsLearnedTemperature) {
  const Variant variant = Variant::parse("head_temperature");
  const Shape shape{1, 3, 1, 4, 4, 8, 8};
  const std::vector<WeightShape> shapes = weight_shapes(variant, shape);
  ScoreWeights weights{{"temperature", {1, 3, {0.5F, 1, 4}}}};
  validate(weights, shapes, variant.name());
  for (const auto& [head, logit] : {std::pair{0, 6.0}, std::pair{1, 3.0}, std::pair{2, 0.75}})
    EXPECT_EQ(variant.modifiers[0].for_head(head, 3, weights)(3, 0, 0), logit);
  const ScoreWeights seeded = seeded_weights(shapes, 5);
  for (const float value : seeded.at("temperature").values) {
    EXPECT_GE(value, 0.5F);
    EXPECT_LE(value, 2.0F);
  }
  for (const float bad :
       {0.0F, -1.0F, std::nanf(""), std::numeric_limits<float>::infinity(), 1e-39F, 1e31F}) {
    weights.at("temperature").values[1] = bad;
    EXPECT_THROW(validate(weights, shapes, variant.name()), ArgumentError) << bad;
  }
  weights.at("temperature") = {1, 2, {1, 1}};
  EXPECT_THROW(validate(weights, shapes, variant.name()), ArgumentError);
}

TEST(Weights, AVectorMayLieAnyWay) {
  const WeightShape vector{"v", 1, 3};
  const WeightShape matrix{"W", 2, 3};
  const auto fits = [](const WeightShape& shape, const std::vector<std::int64_t>& sizes) {
    return shape.fits(sizes);
  };
  for (const std::vector<std::int64_t>& sizes : {std::vector<std::int64_t>{3}, {1, 3}, {3, 1}})
    EXPECT_TRUE(fits(vector, sizes)) << shape_text(sizes);
  for (const std::vector<std::int64_t>& sizes :
       {std::vector<std::int64_t>{}, {1}, {2}, {3, 3}, {1, 1}, {1, 3, 1}, {1, 1, 3}})
    EXPECT_FALSE(fits(vector, sizes)) << shape_text(sizes);
  EXPECT_TRUE(fits(matrix, {2, 3}));
  for (const std::vector<std::int64_t>& sizes : {std::vector<std::int64_t>{6}, {3, 2}, {1, 6}, {6, 1}})
    EXPECT_FALSE(fits(matrix, sizes)) << shape_text(sizes);
  EXPECT_EQ(vector.allowed(), "(3,), (1, 3) or (3, 1)");
  EXPECT_EQ((WeightShape{"v", 1, 1}).allowed(), "(1,) or (1, 1)");
  EXPECT_EQ(matrix.allowed(), "(2, 3)");
  validate({{"v", {3, 1, {1, 2, 3}}}}, std::vector{vector}, "");
  EXPECT_THROW(validate({{"v", {3, 1, {1, 2}}}}, std::vector{vector}, ""), ArgumentError);
}

TEST(Names, APatternAmongModifiersIsSaidToBeOne) {
  try {
    parse_modifiers("softcap(2)+local_m(20)");
    FAIL();
  } catch (const ArgumentError& error) {
    EXPECT_NE(std::string(error.what()).find("'local_m(20)'"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("a pattern"), std::string::npos) << error.what();
  }
}

TEST(Modifiers, LocalityIsAFactorAfterTheNormaliser) {
  // sigma = D / 2.
  const auto factor = [](double offset, double width) {
    return std::exp(-offset * offset / (2 * (width / 2) * (width / 2)));
  };
  const Modifier own = Modifier::parse("gaussian(20)");
  EXPECT_TRUE(own.has_factor());
  EXPECT_FALSE(own.changes_logits());
  EXPECT_FALSE(own.leaves_keys());
  EXPECT_FALSE(Modifier::parse("alibi").has_factor());
  EXPECT_TRUE(Modifier::parse("alibi").changes_logits());
  EXPECT_EQ(own(3, 100, 93), 3);
  EXPECT_NEAR(std::exp(own.log_factor(100, 93)), factor(7, 20), 1e-15);

  const Variant variant = Variant::parse("local_p(6)");
  const ScoreWeights weights{{"local_w", {2, 2, {1, 0, 0.5F, -2}}}, {"local_v", {1, 2, {0.25F, -1}}}};
  validate(weights, weight_shapes(variant, {1, 1, 1, 4, 4, 2, 8}), variant.name());
  const double sum = 0.25 * std::tanh(3.0) - std::tanh(0.5 * 3.0 - 2 * 0.75);
  const double center = variant.modifiers[0].center(std::vector<float>{3, 0.75F}, weights, 1000);
  EXPECT_NEAR(center, 1000 / (1 + std::exp(-sum)), 1e-9);
  const Modifier predicted = variant.modifiers[0].for_row({1000, 0, center});
  EXPECT_NEAR(std::exp(predicted.log_factor(100, 560)), factor(560 - center, 6), 1e-12);
  EXPECT_FALSE(predicted.changes_logits());
  EXPECT_THROW(
      validate({{"local_w", weights.at("local_w")}}, weight_shapes(variant, {1, 1, 1, 4, 4, 2, 8}), ""),
      ArgumentError);
}

TEST(Modifiers, T5HasTheBucketsOfItsCode) {
  // Each weight is the number of its bucket.
  const auto bucket = [](const char* name, std::int64_t buckets, double query, double key) {
    ScoreWeights weights{{"t5", {2, buckets, {}}}};
    for (std::int64_t t = 0; t < 2 * buckets; ++t) weights.at("t5").values.push_back(static_cast<float>(t));
    const double of_head_0 = Modifier::parse(name).for_head(0, 2, weights)(0.25, query, key) - 0.25;
    const double of_head_1 = Modifier::parse(name).for_head(1, 2, weights)(0.25, query, key) - 0.25;
    EXPECT_EQ(of_head_1, of_head_0 + static_cast<double>(buckets));
    return of_head_0;
  };
  // 8 + floor(8 ln(n / 8) / ln 16) from 8 on.
  for (const auto& [distance, expected] : std::vector<std::pair<double, double>>{
           {0, 0},   {1, 1},   {7, 7},    {8, 8},    {11, 8},   {12, 9},       {15, 9},  {16, 10},
           {22, 10}, {23, 11}, {31, 11},  {32, 12},  {45, 12},  {46, 13},      {63, 13}, {64, 14},
           {90, 14}, {91, 15}, {128, 15}, {129, 15}, {1e6, 15}, {16777215, 15}}) {
    EXPECT_EQ(bucket("t5", 32, 16777215, 16777215 - distance), expected) << distance;
    EXPECT_EQ(bucket("t5", 32, 0, distance), distance == 0 ? 0 : 16 + expected) << distance;
  }
  // Keys after the query are in the bucket of distance 0.
  EXPECT_EQ(bucket("t5_causal(32,128)", 32, 5, 9), 0);
  EXPECT_EQ(bucket("t5_causal(32,128)", 32, 15, 0), 15);
  EXPECT_EQ(bucket("t5_causal(32,128)", 32, 16, 0), 16);
  // 16 + floor(16 ln(20 / 16) / ln 8) = 17.
  EXPECT_EQ(bucket("t5_causal(32,128)", 32, 20, 0), 17);
  EXPECT_EQ(bucket("t5_causal(32,128)", 32, 127, 0), 31);
  EXPECT_EQ(bucket("t5(4,2)", 4, 0, 7), 3);
  EXPECT_EQ(bucket("t5_causal(2,5)", 2, 4, 0), 1);
}

TEST(Modifiers, LocalPLeavesTheKeysWithinItsWindow) {
  const auto keys = [](const char* name, double center) { return Modifier::parse(name).keys(center); };
  EXPECT_EQ(keys("local_p(6)", 560), (KeyRange{554, 567}));
  EXPECT_EQ(keys("local_p(6)", 560.25), (KeyRange{555, 567}));
  EXPECT_EQ(keys("local_p(0.5)", 7.75), (KeyRange{8, 9}));
  EXPECT_EQ(keys("local_p(0.2)", 7.5), (KeyRange{8, 8}));  // none
  EXPECT_EQ(keys("local_p(6)", std::nan("")), RowFacts::every_key);
  EXPECT_EQ(keys("gaussian(6)", 560), RowFacts::every_key);
  const std::vector<Modifier> both = parse_modifiers("local_p(6)+local_p(2)");
  EXPECT_EQ(keys_of(both, 560), (KeyRange{558, 563}));
  const Shape shape{1, 1, 1, 10, 10, 8, 8};
  const RowFacts facts{.keys = {3, 7}};
  EXPECT_EQ(visible_keys(Pattern::parse("causal"), shape, 0, 4, &facts), KeySet({3, 5}));
  EXPECT_EQ(visible_keys(Pattern::parse("causal"), shape, 0, 4, nullptr), KeySet({0, 5}));
}

TEST(Modifiers, LogNScalesByTheKeysOfTheRow) {
  const Modifier modifier = Modifier::parse("log_n(0.5)");
  EXPECT_NEAR(modifier.for_row({100})(3, 0, 0), 1.5 * std::log(100), 1e-12);
  EXPECT_EQ(modifier.for_row({1})(3, 0, 0), 0);
}

using Part = std::optional<std::string>;
VariantParts parts(Part score, Part modifiers, Part pattern, Part normaliser) {
  return {score, modifiers, pattern, normaliser};
}

TEST(Backends, FillInTheirFamily) {
  const auto name = [](const char* backend, VariantParts parts) {
    return make_variant(parts, &find_backend(backend)).name();
  };
  EXPECT_EQ(name("full", {}), "scaled_dot|softmax");
  EXPECT_EQ(name("window", {}), "scaled_dot|window(512)|softmax");
  EXPECT_EQ(name("window", parts({}, {}, "causal", {})), "scaled_dot|causal&window(512)|softmax");
  EXPECT_EQ(name("window", parts({}, {}, "window(3)", {})), "scaled_dot|window(3)|softmax");
  EXPECT_EQ(name("sparse", parts({}, {}, "causal", {})), "scaled_dot|causal|entmax(1.5)");
  EXPECT_EQ(name("sparse", parts({}, {}, {}, "sparsemax")), "scaled_dot|sparsemax");
  EXPECT_EQ(name("chunked", parts("dot", "alibi", {}, "sparsemax")), "dot|alibi|sparsemax");
  EXPECT_THROW(name("sparse", parts({}, {}, {}, "softmax")), ArgumentError);
  EXPECT_THROW(find_backend("ful"), ArgumentError);
  EXPECT_THROW(find_engine("tile"), ArgumentError);
}

TEST(Counterpart, DropsApproximationsAndKeepsCausality) {
  const Shape shape{1, 1, 1, 50, 50, 1, 1};
  const auto exact = [&](const char* name) { return exact_counterpart(Variant::parse(name), shape).name(); };
  EXPECT_EQ(exact("causal&window(5)|entmax(1.5)"), "scaled_dot|causal|softmax");
  EXPECT_EQ(exact("window(5)"), "scaled_dot|causal|softmax");
  EXPECT_EQ(exact("softcap(2)+gaussian(20)|softmax"), "scaled_dot|softcap(2)|softmax");
  EXPECT_EQ(exact("dot|alibi|window(5,5)|sparsemax"), "dot|alibi|softmax");
  EXPECT_EQ(exact("local_m(5)|softmax"), "scaled_dot|softmax");
  EXPECT_EQ(exact("gaussian(5)+softcap(2)+local_p(9)|causal|softmax"),
            "scaled_dot|softcap(2)|causal|softmax");
}

}  // namespace
}  // namespace attnlab
