// The needle test of arXiv:2410.01104, compared with values computed elsewhere in float64.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "cell/needle_weight.h"
#include "harness/command.h"

namespace attnlab {
namespace {

using nlohmann::json;

TEST(Needle, IsLostBySoftmaxAndKeptByTheOthers) {
  // Mean weight on a key of logit 6 among 1023 N(0, 1) logits, to three digits.
  const std::map<std::string, double> known{{"scaled_dot|softmax", .194},
                                            {"scaled_dot|entmax(1.5)", .998},
                                            {"scaled_dot|sparsemax", 1},
                                            {"scaled_dot|log_n(0.43)|softmax", .998}};
  const TemporaryDirectory directory;
  std::string variants;
  for (const auto& [variant, weight] : known) variants += (variants.empty() ? "" : ",") + variant;
  const std::string run = (directory / "run").string();
  const Result result =
      command("sweep --variant '" + variants +
              "' --input 'needle(6)' --seqlen 128 --seqlen-k 1024 --aa-pairs 0 --out " + run + short_rounds);
  ASSERT_EQ(result.status, 0) << result.err;
  const std::vector<json> list = records(directory / "run");
  ASSERT_EQ(list.size(), known.size());
  for (const json& record : list) {
    const double expected = known.at(record.at("variant"));
    const json& dispersion = record.at("dispersion");
    const json& per_head = dispersion.at("per_head").at("needle_weight");
    ASSERT_EQ(per_head.size(), 2U);
    const double mean = dispersion.at("mean").at("needle_weight");
    EXPECT_NEAR(mean, (per_head[0].get<double>() + per_head[1].get<double>()) / 2, 1e-12);
    // Five standard errors of a mean over 256 rows, plus the rounding of the known value. A weight is in [0,
    // 1], so its variance is at most mean (1 - mean). For softmax the variance is known: that of 1 / (1 + Z /
    // e^6), Z a sum of 1023 exponentials of variance e^2 - e.
    const double variance = record.at("normaliser") == "softmax" && record.at("modifiers") == ""
                                ? std::pow(expected * (1 - expected), 2) * (std::exp(1.0) - 1) / 1023
                                : expected * (1 - expected);
    EXPECT_NEAR(mean, expected, 5 * std::sqrt(variance / 256) + 5e-4) << record.at("variant");
  }
  EXPECT_NE(result.out.find("n = 1024"), std::string::npos) << result.out;
  const std::string markdown = command("report " + run + " --format md").out;
  EXPECT_NE(markdown.find("## Needle"), std::string::npos);
  EXPECT_NE(markdown.find("n = 1024"), std::string::npos);
}

TEST(Needle, OfManyKeysIsKeptOnlyIfItIsLargeEnough) {
  // At n = 131072, to two digits. With logit 4 no variant keeps the needle: the weight is below 0.065.
  const std::map<std::string, double> known{{"scaled_dot|softmax", .0019},
                                            {"scaled_dot|entmax(1.5)", .926},
                                            {"scaled_dot|sparsemax", .992},
                                            {"scaled_dot|log_n(0.43)|softmax", .997}};
  const TemporaryDirectory directory;
  std::string variants;
  for (const auto& [variant, weight] : known) variants += (variants.empty() ? "" : ",") + variant;
  const Result result = command(
      "sweep --variant '" + variants +
      "' --input 'needle(6),needle(4)' --seqlen 32 --seqlen-k 131072 --heads 2 --head-dim 16 --aa-pairs 0 "
      "--rounds 1 --max-rounds 1 --min-time 0.001 --out " +
      (directory / "run").string());
  ASSERT_EQ(result.status, 0) << result.err;
  const std::vector<json> list = records(directory / "run");
  ASSERT_EQ(list.size(), 2 * known.size());
  for (const json& record : list) {
    const double mean = record.at("dispersion").at("mean").at("needle_weight");
    // Five standard errors of a mean over 64 rows whose variance is at most mean (1 - mean).
    const bool kept = record.at("input").at("name") == "needle(6)";
    const double expected = kept ? known.at(record.at("variant")) : .065;
    const double allowed = 5 * std::sqrt(expected * (1 - expected) / 64);
    EXPECT_LE(mean, expected + allowed) << record.at("variant");
    if (kept) {
      EXPECT_GE(mean, expected - allowed) << record.at("variant");
    }
  }
}

TEST(Needle, EveryHeadHasTheNeedleOfItsKvHead) {
  // Output 100 batch + 10 head + query in coordinate 0; causal rows see keys up to their own.
  const Shape shape{2, 2, 2, 4, 4, 1, 1};
  Tensor output(DType::f32, shape.output());
  for (std::int64_t b = 0; b < 2; ++b)
    for (std::int64_t h = 0; h < 2; ++h)
      for (std::int64_t i = 0; i < 4; ++i)
        write_row(output.view(), b, h, i, std::vector<float>{static_cast<float>(100 * b + 10 * h + i)});
  Json dispersion;
  add_needle_weight(Variant::parse("causal|softmax"), shape, std::vector<std::int64_t>{3, 2, 1, 0},
                    std::as_const(output).view(), dispersion);
  EXPECT_EQ(dispersion.at("per_head").at("needle_weight"), Json::parse("[3.0, 12.5, 102.0, 111.5]"));
  EXPECT_EQ(dispersion.at("mean").at("needle_weight"), (3 + 12 + 13 + 101 + 102 + 103 + 4 * 111.5) / 10);
  Shape grouped = shape;
  grouped.kv_heads = 1;
  add_needle_weight(Variant::parse("causal|softmax"), grouped, std::vector<std::int64_t>{3, 2},
                    std::as_const(output).view(), dispersion);
  EXPECT_EQ(dispersion.at("per_head").at("needle_weight"), Json::parse("[3.0, 13.0, 102.5, 112.5]"));
}

TEST(Needle, CountsOnlyRowsThatSeeIt) {
  // Two keys and one query at the last key, which sees only that key: the needle or no needle.
  const auto weight = [](const std::string& seed) {
    const Result result = command(
        "run --input 'needle(6)' --pattern 'window(1)' --seqlen 1 --seqlen-k 2 --heads 1 --rounds 1 "
        "--max-rounds 1 --min-time 0.001 --json --seed " +
        seed);
    EXPECT_EQ(result.status, 0) << result.err;
    return json::parse(result.out).at("dispersion").at("mean").at("needle_weight");
  };
  int seen = 0;
  int unseen = 0;
  for (const char* seed : {"1", "2", "3", "4", "5", "6", "7", "8"}) {
    const json found = weight(seed);
    found.is_null() ? ++unseen : ++seen;
    if (!found.is_null()) {
      EXPECT_EQ(found, 1.0);
    }
  }
  EXPECT_GT(seen, 0);
  EXPECT_GT(unseen, 0);
}

}  // namespace
}  // namespace attnlab
