// Verdicts on two cells: which samples they use, and what they say where these are few, disturbed or overlap.
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "compare/noise_floor.h"
#include "compare/verdict.h"
#include "records/analysis.h"
#include "records/samples.h"

namespace attnlab {
namespace {

/// A record whose blocks have these clean times, and then these disturbed ones; its figures use all if fewer
/// than eight are clean.
Json measured(const std::vector<double>& clean, const std::vector<double>& disturbed = {},
              const char* group = "g") {
  Json record{{"status", "ok"}, {"group", group}, {"time", {{"samples", Json::array()}}}};
  Json& time = record["time"];
  for (const std::vector<double>* times : {&clean, &disturbed})
    for (const double ns : *times)
      time["samples"].push_back({{"block", time["samples"].size()},
                                 {"ns", ns},
                                 {"contaminated", times == &clean ? Json::array() : Json{"preempted"}}});
  time["samples_ns"] = clean;
  if (clean.size() < 8)
    for (const double ns : disturbed) time["samples_ns"].push_back(ns);
  return record;
}

/// `count` times about `middle`, within 0.1 %.
std::vector<double> about(double middle, int count) {
  std::vector<double> times;
  for (int at = 0; at < count; ++at) times.push_back(middle * (1 + 0.001 * (at % 3 - 1)));
  return times;
}

TEST(Judge, NeedsTheWholeIntervalBeyondTheFloor) {
  EXPECT_EQ(judge({0.90, 0.95}, 0.02), Verdict::faster);
  EXPECT_EQ(judge({1.03, 1.10}, 0.02), Verdict::slower);
  EXPECT_EQ(judge({1.01, 1.10}, 0.02), Verdict::overlap);
  EXPECT_EQ(judge({0.99, 1.01}, 0.02), Verdict::same);
  EXPECT_EQ(judge({0.90, 1.10}, 0.02), Verdict::overlap);
  EXPECT_EQ(judge({1.03, 1.10}, 0.12), Verdict::same);
}

TEST(Ranks, DecideWhereFewSamplesAreWhollyApart) {
  // 2 of C(10, 5) = 252 orders have all samples of one side first: 0.8 %. Of C(8, 4) = 70 it would be 2.9 %.
  EXPECT_EQ(judge_by_ranks(about(100, 5), about(50, 5), 0.02), Verdict::faster);
  EXPECT_EQ(judge_by_ranks(about(50, 5), about(100, 5), 0.02), Verdict::slower);
  EXPECT_EQ(judge_by_ranks(about(100, 4), about(50, 4), 0.02), Verdict::overlap);
  // C(10, 4) = 210, C(9, 3) = 84.
  EXPECT_EQ(judge_by_ranks(about(100, 4), about(50, 6), 0.02), Verdict::faster);
  EXPECT_EQ(judge_by_ranks(about(100, 3), about(50, 6), 0.02), Verdict::overlap);
  EXPECT_EQ(judge_by_ranks(about(100, 5), std::vector<double>{50, 50, 50, 50, 100}, 0.02), Verdict::overlap)
      << "one sample among those of the other side";
  EXPECT_EQ(judge_by_ranks(about(100, 5), about(97, 5), 0.02), Verdict::faster);
  EXPECT_EQ(judge_by_ranks(about(100, 5), about(97, 5), 0.05), Verdict::overlap) << "apart, within the floor";
  EXPECT_EQ(judge_by_ranks({}, about(97, 5), 0.02), Verdict::overlap);
}

TEST(Verdict, UsesCleanSamplesAlone) {
  // The disturbed samples would say 1.53 times as fast.
  const Json a = measured(about(235, 9), about(153, 12));
  const Json b = measured(about(100, 9), about(100, 12));
  const TimeRatio ratio = compare_times(a, b, 0.02);
  EXPECT_NEAR(1 / ratio.value, 2.35, 0.01);
  EXPECT_EQ(ratio.verdict, Verdict::faster);
  EXPECT_EQ(ratio.clean, 9);
  EXPECT_EQ(in_words(ratio), "FASTER");
  const TimeRatio unpaired = compare_times(a, measured(about(100, 9), about(100, 12), "another group"), 0.02);
  EXPECT_NEAR(1 / unpaired.value, 2.35, 0.01);
  EXPECT_EQ(unpaired.verdict, Verdict::faster);
}

TEST(Verdict, OfFewCleanSamplesSaysWhy) {
  const Json steady = measured(about(100, 12));
  const TimeRatio disturbed = compare_times(steady, measured(about(300, 2), about(300, 8)), 0.02);
  EXPECT_EQ(disturbed.verdict, Verdict::disturbed);
  EXPECT_EQ(in_words(disturbed), "DISTURBED: 2 of 10 clean");
  const TimeRatio few = compare_times(steady, measured(about(105, 1)), 0.02);
  EXPECT_EQ(few.verdict, Verdict::too_few);
  EXPECT_EQ(in_words(few), "TOO FEW: 1 clean sample");
  const TimeRatio none = compare_times(steady, measured({}, about(300, 3)), 0.02);
  EXPECT_EQ(none.verdict, Verdict::disturbed) << "three samples are few, but none is clean";
  // 72.6 times as fast, with seven clean samples.
  const TimeRatio apart = compare_times(measured(about(7260, 7), about(9000, 5)), steady, 0.02);
  EXPECT_EQ(apart.verdict, Verdict::faster);
  EXPECT_EQ(in_words(apart), "FASTER by the exact rank test");
  for (const TimeRatio& one : {disturbed, few, none}) EXPECT_FALSE(is_decided(one.verdict));
  EXPECT_TRUE(is_decided(apart.verdict));
}

TEST(Verdict, OfAnOverlapSaysHowManySamplesWouldSettleIt) {
  std::vector<double> spread;
  for (int at = 0; at < 9; ++at) spread.push_back(110 * (1 + 0.04 * (at - 4)));
  const TimeRatio ratio = compare_times(measured(about(100, 9)), measured(spread), 0.02);
  ASSERT_EQ(ratio.verdict, Verdict::overlap);
  // The interval is wider than the distance from 1.1 to 1.02 by the factor whose square this is.
  const double at = std::log(ratio.value);
  const double half = std::max(std::log(ratio.interval.high) - at, at - std::log(ratio.interval.low));
  const double needed = 9 * std::pow(half / (at - std::log(1.02)), 2);
  EXPECT_NEAR(static_cast<double>(ratio.settling_samples), needed, 1);
  EXPECT_GT(ratio.settling_samples, 9);
  EXPECT_EQ(in_words(ratio),
            "OVERLAP: about " + std::to_string(ratio.settling_samples) + " clean samples would settle it");
  std::vector<double> at_the_edge = spread;
  for (double& time : at_the_edge) time *= 1.0201 / 1.1;
  EXPECT_EQ(in_words(compare_times(measured(about(100, 9)), measured(at_the_edge), 0.02)),
            "OVERLAP: the difference is too near to the noise floor");
}

TEST(Samples, OfARecordAreCleanOnceInABlock) {
  Json record = measured(about(100, 3), about(200, 2));
  record["time"]["samples"][4]["block"] = 0;  // repeated: block 0 has a clean one
  EXPECT_EQ(clean_share(record).clean, 3);
  EXPECT_EQ(clean_share(record).taken, 4);
  EXPECT_EQ(to_string(clean_share(record)), "3 of 4");
  EXPECT_EQ(clean_times(record), about(100, 3));
  record["time"]["samples_ns"] = about(100, 3);
  EXPECT_FALSE(is_disturbed(record)) << "its figures use the clean ones";
  record["time"]["samples_ns"].push_back(200);
  EXPECT_TRUE(is_disturbed(record));
  record["time"].erase("samples");
  EXPECT_FALSE(is_disturbed(record)) << "not known: an older record";
  EXPECT_FALSE(clean_share(record).known);
  EXPECT_EQ(clean_share(record).clean, 4);
}

TEST(Samples, TimesOfDisturbedCellsAreNoPointsOfACurve) {
  Json clean = measured(about(100, 9));
  Json disturbed = measured(about(100, 2), about(900, 8));
  disturbed["time"]["samples_ns"] = Json(std::vector<double>(10, 900));
  for (Json* one : {&clean, &disturbed}) {
    (*one)["cell"]["seqlen_k"] = 64;
    (*one)["time"]["median_ns"] = 100;
    (*one)["memory"]["workspace_bytes"] = 7;
  }
  const Curve curve{0, 0, "f32", {&clean, &disturbed}};
  EXPECT_EQ(curve.points("time.median_ns").size(), 1U);
  EXPECT_EQ(curve.points("memory.workspace_bytes").size(), 2U) << "memory is not disturbed";
}

TEST(NoiseFloor, IsNoLessThanThePairAllows) {
  const auto named = [](Json record, bool twin) {
    record.update(Json::parse(R"json({"engine": "tiled", "backend": null, "variant": "v",
                                      "cell": {"seqlen_q": 8}, "input": {"name": "gaussian(1)"}})json"));
    record["cell"]["twin"] = twin;
    return record;
  };
  const auto floor = [&](const std::vector<double>& a, const std::vector<double>& b) {
    return *noise_floor({named(measured(a), false)}, {named(measured(b), true)});
  };
  EXPECT_DOUBLE_EQ(floor(std::vector<double>(9, 100), std::vector<double>(9, 100)), least_noise_floor);
  std::vector<double> wide;
  for (int at = 0; at < 9; ++at) wide.push_back(100 + 3 * (at - 4));
  const double allowed = floor(std::vector<double>(9, 100), wide);
  EXPECT_GT(allowed, 0.05) << "the medians are equal, but the interval reaches from 0.9 to 1.1";
  EXPECT_DOUBLE_EQ(floor({100}, {100}), default_noise_floor) << "one sample cannot show a lower floor";
  EXPECT_DOUBLE_EQ(floor({100}, {125}), 0.25);
  const Json slow = named(measured(about(100, 3), about(60000, 6)), true);
  const Json steady = named(measured(about(100, 9)), false);
  EXPECT_FALSE(noise_floor({steady}, {slow})) << "a disturbed pair shows no noise of the machine";
  EXPECT_DOUBLE_EQ(*noise_floor({steady}, {slow, named(measured(about(100, 9)), true)}), least_noise_floor);
  EXPECT_FALSE(noise_floor({named(measured({100}), false)}, {}));
  Json stopped = named(measured({100}), true);
  stopped["status"] = "timeout";
  EXPECT_FALSE(noise_floor({named(measured({100}), false)}, {stopped}));
}

}  // namespace
}  // namespace attnlab
