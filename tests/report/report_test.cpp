// Tables and findings of the report: exponents, ratios, budgets, and text that cannot break out of its
// format.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <stdexcept>

#include "attnlab/core/argument_error.h"
#include "harness/command.h"
#include "records/analysis.h"
#include "records/baseline.h"
#include "records/formats.h"
#include "records/load.h"
#include "records/option_order.h"
#include "records/series_names.h"
#include "report/chart_data.h"
#include "report/findings.h"
#include "report/made_records.h"
#include "report/pivot.h"
#include "report/tables.h"

namespace attnlab {
namespace {

TEST(Analysis, ExponentsOfExactPowers) {
  EXPECT_NEAR(fitted_exponent({{1024, 3 * 1024.0}, {2048, 3 * 2048.0}, {8192, 3 * 8192.0}})->value, 1, 1e-12);
  const Exponent square = *fitted_exponent({{10, 100}, {20, 400}, {40, 1600}});
  EXPECT_NEAR(square.value, 2, 1e-12);
  EXPECT_NEAR(square.interval.low, 2, 1e-6) << "nothing is left of a straight line";
  EXPECT_FALSE(fitted_exponent({{10, 100}, {20, 400}}));
  EXPECT_FALSE(fitted_exponent({{10, 100}, {10, 101}, {10, 102}}));
}

TEST(Analysis, ExponentsOfATableAreThoseOfItsCurves) {
  std::vector<Json> records;
  for (const std::int64_t n : {256, 512, 1024}) {
    const auto x = static_cast<double>(n);
    records.push_back(record("full", n, 3 * x * x, 5 * x * x));
    records.push_back(record("window", n, 7 * x, 11 * x));
  }
  const std::vector<Table> tables = make_tables(subject(records));
  const Table exponents = table(tables, "exponents");
  ASSERT_EQ(exponents.rows.size(), 2U);
  EXPECT_EQ(cell(exponents, 0, "time"), "2.00");
  EXPECT_EQ(cell(exponents, 0, "workspace"), "2.00");
  EXPECT_EQ(cell(exponents, 1, "time"), "1.00");
  EXPECT_EQ(cell(exponents, 1, "workspace"), "1.00");
  EXPECT_EQ(at(exponents, 1, "heap peak").text, missing);
  EXPECT_NE(at(exponents, 1, "heap peak").why, "");
}

TEST(Analysis, ConditionsAreNeverPooled) {
  std::vector<Json> records;
  for (const std::int64_t n : {256, 512, 1024})
    for (const int threads : {1, 2}) {
      records.push_back(record("full", n, static_cast<double>(n * n) / threads, 1));
      records.back()["cell"]["threads"] = threads;
      // A third condition with one length, far from the line of the others.
      if (n == 1024 && threads == 2) {
        records.push_back(record("full", n, 1, 1));
        records.back()["input"]["name"] = "needle(6)";
      }
    }
  const std::vector<Table> tables = make_tables(subject(records));
  const Table exponents = table(tables, "exponents");
  ASSERT_EQ(exponents.rows.size(), 3U);
  EXPECT_EQ(cell(exponents, 0, "time"), "2.00");
  EXPECT_EQ(cell(exponents, 1, "time"), "2.00");
  EXPECT_EQ(cell(exponents, 2, "time"), missing) << "a single length";
  EXPECT_EQ(cell(exponents, 1, "under"), "gaussian(1), threads 2");
  EXPECT_EQ(Conditions(std::vector<Json>{records[0]}).label(0), "") << "nothing differs";
}

TEST(Analysis, EveryPartOfAConditionSeparatesAndIsNamed) {
  const struct {
    const char* group;
    const char* key;
    Json value;
    const char* label;
  } parts[] = {{"input", "name", "needle(6)", "needle(6)"},
               {"cell", "threads", 7, "threads 7"},
               {"cell", "batch", 7, "batch 7"},
               {"cell", "heads", 7, "heads 7"},
               {"cell", "kv_heads", 7, "kv heads 7"},
               {"cell", "head_dim", 7, "head dim 7"},
               {"cell", "head_dim_v", 7, "head dim of V 7"},
               {"cell", "seed", 7, "seed 7"},
               {"cell", "score_weights", "trained", "weights trained"},
               {"cell", "cu_seqlens", "starts.npy", "packed as starts.npy"},
               {"cell", "seqlen_q", 7, "queries 7"},
               {"machine", "cpu", "another CPU", "another CPU"},
               {"machine", "level", "avx512", "row code avx512"}};
  for (const auto& part : parts) {
    std::vector<Json> records(2, record("full", 256, 1, 1));
    records[1][part.group][part.key] = part.value;
    const Conditions conditions(records);
    ASSERT_EQ(conditions.size(), 2U) << part.label;
    EXPECT_EQ(conditions.label(conditions.index(records[1])), part.label);
  }
}

TEST(Analysis, APartThatFollowsFromAnotherIsNotNamed) {
  std::vector<Json> records(2, record("full", 256, 1, 1));
  for (const char* key : {"heads", "kv_heads", "head_dim", "head_dim_v"}) records[1]["cell"][key] = 16;
  records[0]["cell"]["head_dim"] = records[0]["cell"]["head_dim_v"] = 8;
  EXPECT_EQ(Conditions(records).label(1), "heads 16, head dim 16");
  records[1]["cell"]["kv_heads"] = 4;
  records[1]["cell"]["head_dim_v"] = 32;
  EXPECT_EQ(Conditions(records).label(1), "heads 16, kv heads 4, head dim 16, head dim of V 32");
}

TEST(Analysis, RatiosToFullAreGatedByTheErrorBudget) {
  std::vector<Json> records{record("full", 64, 8e6, 4096), record("chunked", 64, 2e6, 1024),
                            record("window", 64, 1e6, 512), record("sparse", 128, 1e6, 512)};
  records[2]["error"]["within_budget"] = false;
  records[2]["error"]["rows_beyond"] = 3;
  records[2]["error"]["worst"]["ratio"] = 7.5;
  records[3]["error"]["rows_beyond"] = nullptr;
  records[3]["error"]["worst"] = nullptr;
  records[0]["time"]["contaminated"] = 7;
  const std::vector<Table> tables = make_tables(subject(records));
  const Table speed = table(tables, "speed");
  EXPECT_EQ(at(speed, 0, "speed-up").why, "itself");
  EXPECT_EQ(cell(speed, 1, "speed-up"), "4.00 ×");
  EXPECT_EQ(at(speed, 1, "speed-up").raw, "4");
  EXPECT_EQ(cell(table(tables, "time"), 0, "disturbed"), "7");
  EXPECT_EQ(cell(speed, 1, "times smaller"), "4.00 ×");
  EXPECT_EQ(cell(speed, 2, "speed-up"), missing);
  EXPECT_EQ(at(speed, 2, "speed-up").why, "outside its error budget");
  EXPECT_EQ(cell(speed, 3, "speed-up"), missing);
  EXPECT_NE(at(speed, 3, "speed-up").why.find("no cell of full"), std::string::npos);
  EXPECT_EQ(cell(table(tables, "memory"), 0, "heap peak, MiB"), missing) << "null is not 0";
  const Table error = table(tables, "error");
  EXPECT_EQ(cell(error, 0, "rows beyond budget"), "0 of 4");
  EXPECT_EQ(cell(error, 0, "worst, of budget"), "0.250");
  EXPECT_EQ(cell(error, 2, "rows beyond budget"), "3 of 4");
  EXPECT_EQ(cell(error, 2, "within"), "no");
  EXPECT_EQ(cell(error, 3, "rows beyond budget"), missing) << "a record of schema 2 does not say";
  EXPECT_EQ(cell(error, 3, "within"), "yes");
  EXPECT_EQ(cell(table(tables, "failures"), 0, "reason"),
            "3 rows beyond their budget, the worst at 7.5 times its budget");
  EXPECT_EQ(table(tables, "failures").rows.size(), 1U) << "a figure that does not count is listed";
}

TEST(Analysis, ARatioNeedsAFullThatRanAndCounts) {
  std::vector<Json> records{record("full", 64, 8e6, 4096), record("chunked", 64, 2e6, 1024)};
  const auto why = [&] { return Baseline(records, "full").ratio(records[1], "time.median_ns").why; };
  records[0]["error"]["within_budget"] = nullptr;
  EXPECT_EQ(why(), "full is outside its error budget here");
  records[0]["status"] = "out_of_memory";
  EXPECT_EQ(why(), "full has no figures here: out_of_memory");
}

TEST(Analysis, TheBaselineIsFullOfTheSameVariantElseTheExactOne) {
  std::vector<Json> records{record("full", 64, 8e6, 1), record("full", 64, 6e6, 1),
                            record("sparse", 64, 1e6, 1), record("window", 64, 1e6, 1)};
  records[1]["variant"] = records[2]["variant"] = "scaled_dot|sparsemax";
  records[3]["variant"] = "scaled_dot|window(8)|softmax";
  const Baseline full(records, "full");
  EXPECT_DOUBLE_EQ(*full.ratio(records[2], "time.median_ns").value, 6);
  EXPECT_DOUBLE_EQ(*full.ratio(records[3], "time.median_ns").value, 8);
}

TEST(Analysis, OtherCpusAreNotCompared) {
  std::vector<Json> records{record("full", 64, 8e6, 4096), record("chunked", 64, 2e6, 1024)};
  records[1]["machine"]["cpu"] = "another";
  EXPECT_EQ(cell(table(make_tables(subject(records)), "speed"), 1, "speed-up"), missing);
}

TEST(Analysis, FindingsNameTheFastestExactBackend) {
  std::vector<Json> records{record("full", 64, 8e6, 4096), record("chunked", 64, 2e6, 1024),
                            record("window", 64, 1e6, 512)};
  records[2]["variant"] = "scaled_dot|window(8)|softmax";
  const std::vector<std::string> findings = make_findings(subject(records));
  ASSERT_GE(findings.size(), 3U);
  EXPECT_EQ(findings[0], "3 of 3 cells have figures, all of them within their error budget.");
  EXPECT_NE(findings[1].find("chunked, 2 ms, 4.00 × the speed of full in 1/4.00"), std::string::npos)
      << findings[1];
  EXPECT_NE(findings[2].find("window, 1 ms"), std::string::npos) << findings[2];
  for (Json& one : records) one["status"] = "crashed";
  EXPECT_EQ(make_findings(subject(records)),
            std::vector<std::string>{"0 of 3 cells have figures (3 crashed)."});
}

TEST(Analysis, DispersionTablesSayWhatRecordsSay) {
  std::vector<Json> records{record("sparse", 64, 8e6, 4096), record("chunked", 64, 8e6, 4096)};
  Json& sparse = records[0];
  sparse["variant"] = "scaled_dot|entmax(1.5)";
  sparse["filter"] = {{"approximated", true}, {"approximated_rows", 0.75}, {"appended", 0.08},
                      {"passed", 0.023},      {"support", 0.0105},         {"solves_per_row", 4.9},
                      {"whole_rows", 0.0}};
  sparse["against"] = {{"variant", "scaled_dot|softmax"},
                       {"mean", {{"l1", 0.5}, {"kl", 0.25}, {"lost_mass", 0.125}}},
                       {"infinite_kl_rows", 3},
                       {"output", {{"relative_l2", 0.75}, {"max_abs", nullptr}}}};
  sparse["dispersion"] = {
      {"mean",
       {{"entropy", 2.5},
        {"top8_mass", 0.9},
        {"distance_p90", 31.0},
        {"sharpness", 1.0},
        {"reachable_sharpness", 4.0}}},
      {"per_head",
       {{"normalised_entropy", {0.5, 0.6}}, {"sharpness", {0.5, 1.5}}, {"reachable_sharpness", {4.0, 3.0}}}}};
  records[1]["filter"] = nullptr;
  records[1]["against"] = {{"variant", "scaled_dot|softmax"}};
  const std::vector<Table> tables = make_tables(subject(records));
  const Table filter = table(tables, "filter");
  ASSERT_EQ(filter.rows.size(), 1U) << "softmax has none";
  EXPECT_EQ(cell(filter, 0, "first products"), "8-bit, 75 % of the rows");
  EXPECT_EQ(cell(filter, 0, "appended, %"), "8.00");
  EXPECT_EQ(cell(filter, 0, "passed, %"), "2.30");
  EXPECT_EQ(cell(filter, 0, "support, %"), "1.05");
  EXPECT_EQ(cell(filter, 0, "solves a row"), "4.90");
  EXPECT_EQ(cell(filter, 0, "whole rows, %"), "0");
  const Table against = table(tables, "against");
  ASSERT_EQ(against.rows.size(), 1U) << "a variant is no distance from itself";
  EXPECT_EQ(cell(against, 0, "L1"), "0.500");
  EXPECT_EQ(cell(against, 0, "rows of infinite KL"), "3");
  EXPECT_EQ(cell(against, 0, "mass lost"), "0.125");
  EXPECT_EQ(cell(against, 0, "output, max"), missing);
  EXPECT_EQ(cell(table(tables, "dispersion"), 0, "entropy"), "2.50");
  EXPECT_EQ(cell(table(tables, "concentration"), 0, "8 largest"), "0.900");
  EXPECT_EQ(cell(table(tables, "reach"), 0, "nine tenths within"), "31.0");
  const Table sharpness = table(tables, "sharpness");
  ASSERT_EQ(sharpness.rows.size(), 1U);
  EXPECT_EQ(cell(sharpness, 0, "share"), "0.250");
  EXPECT_EQ(cell(sharpness, 0, "least head"), "0.125");
  EXPECT_EQ(cell(sharpness, 0, "largest head"), "0.500");
  EXPECT_EQ(heads_data(records).at("cells")[0][2], Json({0.125, 0.5}));
  EXPECT_EQ(table(tables, "speed").caption, "Time and memory against softmax on the same backend")
      << "full did not run";
  EXPECT_NE(at(table(tables, "speed"), 0, "speed-up").why, "") << "sparse ran no softmax";
}

TEST(Analysis, NoChangeOfAWeightIsNotNoWeight) {
  Json made = record("sparse", 64, 8e6, 4096);
  made["variant"] = "scaled_dot|entmax(1.5)";
  made["heatmap"] = {
      {"n", 64}, {"bins", 2}, {"head", 0}, {"variant", {{1, 0}, {0, 200}}}, {"exact", {{1, 0}, {200, 0}}}};
  const Json data = maps_data({made});
  const Json& shown = data.at("figures").at("heatmap-0");
  EXPECT_EQ(data.at("maps")[shown.at("difference")[1].get<std::size_t>()], "g A_");
  EXPECT_EQ(data.at("maps")[shown.at("variant")[1].get<std::size_t>()], "g  _");
  EXPECT_EQ(make_heatmap_table({made}, 0).caption,
            "Weight × n of scaled_dot|entmax(1.5), gaussian(1), pooled further");
}

TEST(Analysis, FiguresHaveThreeDigits) {
  EXPECT_EQ(format_figure(0), "0");
  EXPECT_EQ(format_figure(0.00123), "1.23e-03");
  EXPECT_EQ(format_figure(0.9996), "1.00");
  EXPECT_EQ(format_figure(9.996), "10.0");
  EXPECT_EQ(format_figure(99.96), "100");
  EXPECT_EQ(format_figure(12345.6), "12346");
}

TEST(Analysis, FailuresAreListed) {
  std::vector<Json> records{record("full", 64, 8e6, 4096), record("full", 128, 8e6, 4096)};
  records[0]["status"] = "timeout";
  records[0]["reason"] = "stopped";
  records[1]["warnings"].push_back("NaN");
  const Table failures = table(make_tables(subject(records)), "failures");
  ASSERT_EQ(failures.rows.size(), 2U);
  EXPECT_EQ(cell(failures, 0, "reason"), "stopped");
  EXPECT_EQ(cell(failures, 1, "status"), "warning");
  EXPECT_EQ(table(make_tables(subject(records)), "speed").rows.size(), 1U);
}

TEST(Analysis, SeriesAreNamedByVariantWhereABackendHasSeveral) {
  std::vector<Json> records{record("chunked", 64, 1, 1), record("chunked", 64, 1, 1),
                            record("full", 64, 1, 1)};
  records[1]["variant"] = "scaled_dot|sparsemax";
  const SeriesNames names(records);
  EXPECT_EQ(names.of(records[1]), "chunked sparsemax");
  EXPECT_EQ(names.of(records[2]), "full");
}

TEST(Series, HaveTheShortestNamesThatTellThemApart) {
  const auto names = [](std::vector<Series> series) { return SeriesNames(series); };
  const std::string causal = "scaled_dot|causal|";
  const SeriesNames normalisers =
      names({{"", "chunked", causal + "softmax"}, {"", "chunked", causal + "entmax(1.5)"}});
  EXPECT_EQ(normalisers.all(), (std::vector<std::string>{"softmax", "entmax(1.5)"}));
  EXPECT_EQ(normalisers.common(), "chunked, scaled_dot, causal");
  const SeriesNames backends = names({{"", "full", causal + "softmax"}, {"", "chunked", causal + "softmax"}});
  EXPECT_EQ(backends.all(), (std::vector<std::string>{"full", "chunked"}));
  EXPECT_EQ(backends.common(), "scaled_dot, causal, softmax");
  const SeriesNames patterns =
      names({{"", "chunked", "scaled_dot|softmax"}, {"", "chunked", "scaled_dot|causal|softmax"}});
  EXPECT_EQ(patterns.all(), (std::vector<std::string>{"softmax", "causal|softmax"}));
  EXPECT_EQ(patterns.of_variant("scaled_dot|causal|softmax"), "causal|softmax");
  const SeriesNames mixed = names({{"", "full", causal + "softmax"},
                                   {"", "sparse", causal + "sparsemax"},
                                   {"", "sparse", causal + "entmax(1.5)"}});
  EXPECT_EQ(mixed.all(), (std::vector<std::string>{"full", "sparse sparsemax", "sparse entmax(1.5)"}));
  const SeriesNames one = names({{"A", "full", "scaled_dot|softmax"}, {"B", "full", "scaled_dot|softmax"}});
  EXPECT_EQ(one.all(), (std::vector<std::string>{"A full", "B full"}));
}

TEST(Series, FollowTheOptionsOfTheSweep) {
  const TemporaryDirectory directory;
  std::vector<Json> ended{record("sparse", 64, 1, 1), record("chunked", 64, 1, 1), record("full", 64, 1, 1),
                          record("chunked", 64, 1, 1)};
  ended[0]["variant"] = ended[1]["variant"] = "scaled_dot|entmax(1.5)";
  const auto order = [&] {
    std::vector<Json> records = ended;
    sort_by_options(directory.path(), records);
    return SeriesNames(records).all();
  };
  using Names = std::vector<std::string>;
  EXPECT_EQ(order(), (Names{"full", "chunked entmax(1.5)", "chunked softmax", "sparse"})) << "no run.json";
  write_file(
      directory / "run.json",
      R"json({"options": {"backend": "chunked,sparse,full", "normaliser": "softmax,entmax(1.50)"}})json");
  EXPECT_EQ(order(), (Names{"full", "chunked entmax(1.5)", "chunked softmax", "sparse"}))
      << "sparse does not take softmax: not the options of this run";
  write_file(directory / "run.json",
             R"json({"options": {"backend": "chunked,full", "normaliser": "softmax,entmax(1.50)"}})json");
  EXPECT_EQ(order(), (Names{"chunked softmax", "chunked entmax(1.5)", "full", "sparse"}));
}

TEST(Conditions, NameKvHeadsAndDimensionsOfVOnlyWhereTheyDiffer) {
  std::vector<Json> records(2, record("full", 256, 1, 1));
  for (const char* key : {"heads", "kv_heads", "head_dim", "head_dim_v"}) records[1]["cell"][key] = 64;
  EXPECT_EQ(Conditions(records).label(1), "heads 64, head dim 64");
  ASSERT_EQ(Conditions(records).columns().size(), 2U);
  EXPECT_EQ(Conditions(records).columns("heads").front().title, "head dim");
  EXPECT_EQ(Conditions(records).values(records[0], "head_dim").front().text, "1");
  records[1]["cell"]["kv_heads"] = 32;
  EXPECT_EQ(Conditions(records).label(1), "heads 64, kv heads 32, head dim 64");
}

TEST(Conditions, HaveNoDirectoriesUnlessTheyDiffer) {
  std::vector<Json> records(2, record("full", 64, 1, 1));
  records[0]["input"]["name"] = "npy:/a/long/path/layer1";
  records[1]["input"]["name"] = "npy:/a/long/path/layer2";
  EXPECT_EQ(Conditions(records).label(1), "npy:layer2");
  records[1]["input"]["name"] = "npy:/another/path/layer1";
  EXPECT_EQ(Conditions(records).label(1), "npy:/another/path/layer1");
  records[1] = records[0];
  records[1]["cell"]["cu_seqlens"] = "/a/b/starts.npy";
  EXPECT_EQ(Conditions(records).label(1), "packed as starts.npy");
  records[1] = records[0];
  records[1]["machine"]["cpu"] = "A CPU w/ graphics";
  EXPECT_EQ(Conditions(records).label(1), "A CPU w/ graphics") << "no path";
}

TEST(Baselines, AreFullElseSoftmaxOnTheSameBackendElseTheNamedSeries) {
  std::vector<Json> records{record("chunked", 64, 8e6, 1), record("chunked", 64, 2e6, 1),
                            record("chunked", 64, 6e6, 1), record("sparse", 64, 1e6, 1)};
  records[1]["variant"] = "scaled_dot|entmax(1.5)";
  records[2]["variant"] = "scaled_dot|causal|softmax";
  records[3]["variant"] = "scaled_dot|entmax(1.5)";
  const Baseline softmax(records, std::nullopt);
  EXPECT_EQ(softmax.name(), "softmax on the same backend");
  EXPECT_DOUBLE_EQ(*softmax.ratio(records[1], "time.median_ns").value, 4);
  EXPECT_EQ(softmax.cell_for(records[2]).first, &records[2]) << "another pattern has its own softmax";
  EXPECT_EQ(softmax.cell_for(records[3]).first, nullptr) << "sparse ran no softmax";
  for (const char* name : {"softmax", "chunked entmax(1.5)"}) {
    const Baseline named(records, name);
    EXPECT_EQ(named.name(), name);
    EXPECT_NE(named.cell_for(records[3]).first, nullptr) << named.cell_for(records[3]).second;
  }
  EXPECT_DOUBLE_EQ(*Baseline(records, "scaled_dot|entmax(1.5)").ratio(records[0], "time.median_ns").value,
                   0.25)
      << "two backends ran it: that of the record";
  records.push_back(record("full", 64, 16e6, 1));
  EXPECT_EQ(Baseline(records, std::nullopt).name(), "full");
  try {
    Baseline(records, "softmux");
    FAIL();
  } catch (const ArgumentError& error) {
    EXPECT_EQ(error.argument(), "baseline");
    EXPECT_NE(std::string(error.what()).find("softmax"), std::string::npos) << error.what();
  }
}

TEST(Pivot, HasARowForEachLengthAndTheLeastBold) {
  std::vector<Json> records;
  for (const std::int64_t n : {64, 128})
    for (const char* backend : {"full", "chunked"}) {
      const double time = n == 64 ? 1e6 : backend == std::string("full") ? 4e6 : 2e6;
      records.push_back(record(backend, n, backend == std::string("full") && n == 64 ? 0.5e6 : time, 1));
      records.back()["time"]["low_ns"] = 0.9 * time;
      records.back()["time"]["high_ns"] = 1.1 * time;
    }
  const std::vector<Table> made = pivot_by_length(table(make_tables(subject(records)), "time"));
  ASSERT_EQ(made.size(), 1U);
  EXPECT_EQ(cell(made[0], 0, "n"), "64");
  EXPECT_EQ(cell(made[0], 1, "chunked"), "2.00 (1.80 … 2.20)");
  EXPECT_TRUE(at(made[0], 0, "full").bold);
  EXPECT_FALSE(at(made[0], 0, "chunked").bold);
  EXPECT_TRUE(at(made[0], 1, "chunked").bold);
  const std::string latex = to_latex(made);
  EXPECT_NE(latex.find("128 & 4.00 (3.60 \\ldots{} 4.40) & \\textbf{2.00 (1.80 \\ldots{} 2.20)} \\\\"),
            std::string::npos)
      << latex;
  EXPECT_NE(to_markdown(made).find("**2.00"), std::string::npos);
  EXPECT_THROW(pivot_by_length(table(make_tables(subject(records)), "validity")), ArgumentError);
  // The fastest is disturbed: marked, and the other is bold.
  for (Json& one : records) {
    one["time"]["samples"] = Json::array();
    if (one["backend"] == "chunked")
      one["time"]["samples"].push_back({{"block", 0}, {"ns", 1}, {"contaminated", {"preempted"}}});
  }
  const std::vector<Table> disturbed = pivot_by_length(table(make_tables(subject(records)), "time"));
  EXPECT_EQ(cell(disturbed[0], 1, "chunked"), "2.00 (1.80 … 2.20)†");
  EXPECT_FALSE(at(disturbed[0], 1, "chunked").bold);
  EXPECT_TRUE(at(disturbed[0], 1, "full").bold);
  records[1]["time"]["median_ns"] = records[0]["time"]["median_ns"];
  const std::vector<Table> equal = pivot_by_length(table(make_tables(subject(records)), "time"));
  EXPECT_TRUE(at(equal[0], 0, "full").bold);
  EXPECT_FALSE(at(equal[0], 0, "chunked").bold) << "as fast, but disturbed";
}

TEST(Formats, EscapeWhatTheirSyntaxWouldRead) {
  Table made{"id",
             "a & b",
             {{"x_1", "x_1", false}, {"y", "y"}},
             {{std::string("a|b<script>"), std::string("5 % \"q\", 1")}},
             ""};
  made.rows.push_back({std::string("z"), TableCell::none("too big")});
  made.rows.push_back({std::string("r"), TableCell("1.23", "1.23456")});
  const std::vector<Table> tables{made};
  const std::string markdown = to_markdown(tables);
  EXPECT_NE(markdown.find("a\\|b&lt;script>"), std::string::npos);
  EXPECT_NE(markdown.find("x\\_1"), std::string::npos);
  EXPECT_NE(markdown.find("– a: too big."), std::string::npos) << markdown;
  EXPECT_NE(to_csv(made).find("\"5 % \"\"q\"\", 1\""), std::string::npos);
  EXPECT_EQ(to_csv(made).find("x_1,y\r\n"), 0U) << "names first, as pandas reads it";
  EXPECT_NE(to_csv(made).find("z,\r\n"), std::string::npos) << "a missing value is empty";
  EXPECT_NE(to_csv(made).find("r,1.23456\r\n"), std::string::npos) << "raw values";
  const std::string latex = to_latex(tables);
  EXPECT_NE(latex.find("a\\textbar{}b\\textless{}script\\textgreater{} & 5 \\%"), std::string::npos);
  EXPECT_NE(latex.find("x\\_1"), std::string::npos);
  EXPECT_NE(latex.find("{a \\& b}"), std::string::npos);
  EXPECT_NE(to_html(made).find("a|b&lt;script&gt;"), std::string::npos);
  EXPECT_NE(to_html(made).find("<abbr title=\"too big\">"), std::string::npos);
}

TEST(Load, NamesFileAndLineOfWhatItCannotRead) {
  const TemporaryDirectory directory;
  const auto error = [&](const std::string& text) {
    write_file(directory / "records.jsonl", text);
    try {
      load_run(directory.path(), "report");
    } catch (const ArgumentError& refused) {
      return std::string(refused.what());
    }
    return std::string();
  };
  EXPECT_NE(error("").find("empty"), std::string::npos);
  const std::string good = whole_record().dump() + "\n";
  EXPECT_EQ(error(good), "");
  EXPECT_NE(error(good + "{\"sche\n").find("records.jsonl:2"), std::string::npos);
  EXPECT_NE(error("{\"schema\": 4}\n").find("schema 4"), std::string::npos);
  EXPECT_NE(error(good + "{\"schema\": 1}\n").find("records.jsonl:2"), std::string::npos);
  Json lacking = whole_record();
  lacking["cell"].erase("dtype");
  EXPECT_NE(error(lacking.dump() + "\n").find("'cell/dtype' is missing; a string"), std::string::npos);
  for (const char* number :
       {"batch", "heads", "kv_heads", "head_dim", "head_dim_v", "seqlen_q", "seqlen_k", "threads", "seed"}) {
    Json missing_number = whole_record();
    missing_number["cell"].erase(number);
    EXPECT_NE(
        error(missing_number.dump() + "\n").find(fmt::format("'cell/{}' is missing; a whole number", number)),
        std::string::npos)
        << number;
    Json text = whole_record();
    text["cell"][number] = "64";
    EXPECT_NE(error(text.dump() + "\n").find(fmt::format("'cell/{}' is \"64\"; a whole number", number)),
              std::string::npos)
        << number;
  }
}

TEST(Command, WritesEveryFormat) {
  const TemporaryDirectory directory;
  write_file(directory / "records.jsonl", whole_record().dump() + "\n");
  const std::string run = directory.path().string();
  EXPECT_NE(command("report " + run + " --format md").out.find("| full |"), std::string::npos);
  EXPECT_NE(command("report " + run + " --format csv --table time").out.find("full,64,f32"),
            std::string::npos);
  EXPECT_NE(command("report " + run + " --format latex").out.find("\\toprule"), std::string::npos);
  EXPECT_EQ(command("report " + run + " --format pdf").status, 2);
  EXPECT_EQ(command("report " + run + " --format svg").status, 2);
  EXPECT_EQ(command("report " + run).status, 0);
  EXPECT_GT(read_file(directory / "report.html").size(), 800000U);
  EXPECT_EQ(command("report " + run + " --out /nonexistent/r.html").status, 2);
}

}  // namespace
}  // namespace attnlab
