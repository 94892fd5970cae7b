// The validity of figures: noise, disturbed samples, crossovers, two runs compared.
#include <gtest/gtest.h>

#include <cmath>

#include "attnlab/core/argument_error.h"
#include "records/analysis.h"
#include "report/against.h"
#include "report/charts.h"
#include "report/findings.h"
#include "report/made_records.h"

namespace attnlab {
namespace {

/// The finding and the state of a check.
std::pair<std::string, std::string> check(const Subject& made, const std::string& what, std::size_t run = 0) {
  const Table validity = table(make_tables(made), "validity");
  for (const auto& row : validity.rows)
    if (row[0].text == what) return {row[1 + 2 * run].text, row[2 + 2 * run].text};
  throw std::runtime_error("no check " + what);
}

/// Gives the record a sample for each entry, in a block of its own, that was disturbed for these reasons; its
/// figures use `used` of them.
void set_samples(Json& record, const std::vector<std::vector<std::string>>& reasons, std::size_t used) {
  Json& time = record["time"];
  time["samples"] = Json::array();
  for (const std::vector<std::string>& why : reasons)
    time["samples"].push_back(
        {{"block", time["samples"].size()}, {"ns", 8e6}, {"iterations", 1}, {"contaminated", why}});
  time["samples_ns"] = std::vector<double>(used, 8e6);
}

Json twin_of(Json of, double time_ns) {
  of["cell"]["twin"] = true;
  of["time"]["median_ns"] = time_ns;
  of["time"]["samples_ns"] = std::vector<double>(8, time_ns);
  return of;
}

TEST(Validity, CountsDisturbedSamplesByReason) {
  std::vector<Json> records{record("full", 64, 8e6, 1), record("chunked", 64, 8e6, 1)};
  set_samples(records[0], {{}, {}, {"preempted", "stolen"}}, 2);
  set_samples(records[1], {{}, {"preempted"}, {}}, 3);
  const auto [found, state] = check(subject(records), "disturbed samples");
  EXPECT_EQ(found, "2 of 6 (33.3 %): 2 preempted, 1 stolen; in the figures of 1 cell");
  EXPECT_EQ(state, caution);
  EXPECT_EQ(check(subject(records), "clean samples of a cell").first, "2; fewer than 8 in 2 of 2 cells");
  records.pop_back();
  EXPECT_EQ(check(subject(records), "disturbed samples").second, "ok") << "clean ones were enough";
}

TEST(Validity, ADisturbedCellHasNoSpeedUpAndIsNotTheFastest) {
  std::vector<Json> records{record("full", 64, 8e6, 4096), record("chunked", 64, 0.5e6, 1024),
                            record("window", 64, 1e6, 512)};
  set_samples(records[1], std::vector<std::vector<std::string>>(9, {"preempted"}), 9);
  const Table speed = table(make_tables(subject(records)), "speed");
  EXPECT_EQ(cell(speed, 1, "speed-up"), missing);
  EXPECT_NE(at(speed, 1, "speed-up").why.find("too few clean samples"), std::string::npos);
  EXPECT_EQ(cell(speed, 1, "99 % interval"), missing);
  EXPECT_EQ(at(speed, 1, "verdict").raw, "DISTURBED");
  EXPECT_EQ(cell(speed, 2, "speed-up"), "8.00 ×");
  EXPECT_EQ(chart_model(records).at("cells")[1].back(), true) << "its mark is pale";
  EXPECT_EQ(chart_model(records).at("cells")[2].back(), false);
  for (const std::string& finding : make_findings(subject(records)))
    EXPECT_EQ(finding.find("chunked"), std::string::npos) << finding;
}

TEST(Validity, ExponentsThatSayNothingAreNoFindings) {
  std::vector<Json> records;
  for (const std::int64_t n : {256, 512, 1024})
    records.push_back(record("full", n, n == 512 ? 900 : static_cast<double>(n), static_cast<double>(n)));
  const Subject made = subject(records);
  std::string text;
  for (const std::string& finding : make_findings(made)) text += finding;
  EXPECT_EQ(text.find("Time in f32 grows"), std::string::npos) << text;
  EXPECT_NE(text.find("Workspace in f32 grows as n^1.00"), std::string::npos) << text;
  for (const Json& chart : chart_model(made.records).at("charts"))
    if (chart.at("id") == "time" || chart.at("id") == "memory") {
      EXPECT_EQ(chart.at("exponents").empty(), chart.at("id") == "time");
    }
  EXPECT_NE(cell(table(make_tables(made), "exponents"), 0, "99 % interval"), missing) << "the table has it";
}

TEST(Validity, SaysWhatIsNotKnown) {
  const Subject made = subject({record("full", 64, 8e6, 1)});
  EXPECT_EQ(check(made, "disturbed samples").second, caution);
  EXPECT_EQ(check(made, "noise floor").first, "not measured: no A/A pair; 2 % is assumed");
  EXPECT_EQ(check(made, "half-width of the 99 % intervals").first, "not recorded");
}

TEST(Validity, TheFloorIsThatOfThePairs) {
  const Json cell_of_pair = record("full", 64, 8e6, 1);
  const Subject made = subject({cell_of_pair}, {twin_of(cell_of_pair, 8.2e6)});
  EXPECT_EQ(check(made, "noise floor"), std::pair(std::string("2.5 %, by 1 A/A pair"), std::string("ok")));
  const Table pairs = table(make_tables(made), "pairs");
  ASSERT_EQ(pairs.rows.size(), 1U);
  EXPECT_EQ(cell(pairs, 0, "second, ms"), "8.20");
  EXPECT_EQ(cell(pairs, 0, "99 % interval"), "1.025 … 1.025");
  Json disturbed = twin_of(cell_of_pair, 80e6);
  set_samples(disturbed, std::vector<std::vector<std::string>>(9, {"preempted"}), 9);
  const Subject noisy = subject({cell_of_pair}, {disturbed});
  EXPECT_EQ(check(noisy, "noise floor"),
            std::pair(std::string("not measured: the A/A pairs were disturbed; 2 % is assumed"),
                      std::string(caution)));
  EXPECT_EQ(cell(table(make_tables(noisy), "pairs"), 0, "99 % interval"), missing);
}

TEST(Validity, FindsDirtyTreesFailuresAndWrongPredictions) {
  std::vector<Json> records{record("full", 64, 8e6, 4096), record("full", 128, 8e6, 4096)};
  records[0]["memory"]["workspace_predicted_bytes"] = 4097;
  records[1]["status"] = "crashed";
  records[1]["build"]["git_dirty"] = true;
  records[1]["machine"]["cpu"] = "another";
  const Subject made = subject(records);
  EXPECT_EQ(check(made, "cells with figures").first, "1 of 2; 1 crashed");
  for (const char* what : {"cells with figures", "uncommitted changes in the build", "machines",
                           "workspace equal to its prediction"})
    EXPECT_EQ(check(made, what).second, caution) << what;
  records[1]["status"] = "refused";
  EXPECT_EQ(check(subject(records), "cells with figures").second, "ok") << "a refusal is an answer";
}

/// full takes n² us, chunked 500 n us: faster from 512 on.
std::vector<Json> crossing() {
  std::vector<Json> records;
  for (const std::int64_t n : {128, 256, 512, 1024}) {
    records.push_back(record("full", n, 1e3 * static_cast<double>(n * n), 1));
    records.push_back(record("chunked", n, 450e3 * static_cast<double>(n), 1));
    records.push_back(record("window", n, 2e9, 1));
  }
  return records;
}

TEST(Crossover, IsTheSmallestLengthThatIsFaster) {
  const Table crossover = table(make_tables(subject(crossing())), "crossover");
  ASSERT_EQ(crossover.rows.size(), 4U) << "full against chunked, chunked against full, window against both";
  EXPECT_EQ(cell(crossover, 0, "against"), "chunked");
  EXPECT_EQ(cell(crossover, 0, "faster from n"), "128");
  EXPECT_EQ(cell(crossover, 0, "but not at"), "512 (SLOWER), 1024 (SLOWER)");
  EXPECT_EQ(cell(crossover, 1, "variant"), "chunked");
  EXPECT_EQ(cell(crossover, 1, "faster from n"), "512");
  EXPECT_EQ(cell(crossover, 1, "but not at"), "");
  EXPECT_EQ(cell(crossover, 1, "largest n"), "1024");
  EXPECT_EQ(cell(crossover, 1, "verdict"), "FASTER");
  EXPECT_EQ(cell(crossover, 2, "faster from n"), "not reached");
}

TEST(Crossover, NeedsMoreThanNoise) {
  std::vector<Json> records = crossing();
  // An A/A pair that differs by a factor of four: every difference here is below that noise floor.
  const Table crossover =
      table(make_tables(subject(records, {twin_of(records[0], 4 * 1e3 * 128 * 128)})), "crossover");
  EXPECT_EQ(cell(crossover, 1, "faster from n"), "not reached");
  for (Json& one : records) one["time"]["samples_ns"] = {one["time"]["median_ns"]};
  const Table few = table(make_tables(subject(records)), "crossover");
  EXPECT_EQ(cell(few, 1, "faster from n"), "not reached") << "one sample makes no interval";
  EXPECT_EQ(cell(few, 1, "verdict"), "TOO FEW: 1 clean sample");
}

TEST(Crossover, SpeedUpsAndTheirIntervalsAreInversesOfTimeRatios) {
  const SpeedUp twice{TimeRatio{0.5, {0.4, 0.625}, Verdict::faster, false, 8}, false, {}, ""};
  EXPECT_EQ(speed_up_cell(twice).text, "2.00 ×");
  EXPECT_EQ(speed_up_interval(twice).text, "1.60 … 2.50");
  EXPECT_EQ(verdict_cell(twice).text, "FASTER");
  const SpeedUp none{{}, false, {}, "no baseline"};
  EXPECT_EQ(speed_up_interval(none).text, missing);
  EXPECT_EQ(speed_up_interval(none).why, "no baseline");
}

TEST(Findings, UseTheShortNamesAndSayNAndDtype) {
  std::vector<Json> records;
  for (const char* dtype : {"f32", "bf16"})
    for (const char* normaliser : {"softmax", "entmax(1.5)", "sigmoid", "relu2", "sparsemax"}) {
      records.push_back(record("chunked", 64, normaliser == std::string("softmax") ? 8e6 : 1e6, 4096));
      Json& made = records.back();
      made["variant"] = std::string("scaled_dot|causal|") + normaliser;
      made["cell"]["dtype"] = dtype;
      made["deviation"] = {{"relative_l2", 0.5}, {"exact_variant", "scaled_dot|causal|softmax"}};
      made["dispersion"]["mean"] = {{"normalised_entropy", 0.25}, {"support", 9}};
    }
  std::string text;
  for (const std::string& finding : make_findings(subject(records))) text += finding + "\n";
  for (const char* expected :
       {"Fastest of all at n = 64, f32: entmax(1.5), 1 ms", "Fastest of all at n = 64, bf16: entmax(1.5)",
        "0.250 over 9.00 keys (entmax(1.5)) to ", "the least and the greatest of 5."})
    EXPECT_NE(text.find(expected), std::string::npos) << expected << "\n" << text;
  EXPECT_EQ(text.find("scaled_dot"), std::string::npos) << text;
}

TEST(Crossover, FindingsRepeatNoRatioBelowTheFloor) {
  std::vector<Json> records{record("full", 64, 8e6, 4096), record("chunked", 64, 7.9e6, 1024)};
  EXPECT_NE(make_findings(subject(records))[1].find("the same speed as full within the noise floor (SAME)"),
            std::string::npos);
}

TEST(Octaves, AreSlopesFromOneLengthToTheNext) {
  std::vector<Json> records;
  for (const std::int64_t n : {256, 512, 2048})
    records.push_back(record("full", n, n == 256 ? 10 : std::pow(static_cast<double>(n) / 512, 2) * 20, 1));
  const Table octaves = table(make_tables(subject(records)), "octaves");
  ASSERT_EQ(octaves.rows.size(), 1U);
  EXPECT_EQ(cell(octaves, 0, "256 → 512"), "1.00");
  EXPECT_EQ(cell(octaves, 0, "512 → 2048"), "2.00");
}

TEST(Exponents, IntervalHoldsWhatALineDoesNot) {
  std::vector<std::pair<double, double>> points;
  for (const double n : {256., 512., 1024., 2048., 4096.}) points.emplace_back(n, n * n + 300 * n);
  const Exponent exponent = *fitted_exponent(points);
  EXPECT_LT(exponent.interval.low, exponent.value);
  EXPECT_GT(exponent.interval.high, exponent.value);
  // By hand: t(0.995; 3) = 5.840909.
  EXPECT_NEAR(exponent.value, 1.749794997, 1e-6);
  EXPECT_NEAR(exponent.interval.low, 1.509438192, 1e-6);
}

std::vector<Json> with_ids(std::vector<Json> records) {
  for (Json& one : records) one["id"] = one["backend"].get<std::string>() + std::to_string(seqlen_of(one));
  return records;
}

TEST(TwoRuns, StandSideBySideWithVerdicts) {
  const std::vector<Json> a = with_ids({record("full", 64, 8e6, 1), record("chunked", 64, 4e6, 1)});
  std::vector<Json> b = with_ids({record("full", 64, 4e6, 1), record("chunked", 64, 4e6, 1)});
  const Subject both = make_subject({{"before", {a, {}}}, {"after", {b, {}}}});
  EXPECT_EQ(both.comparison->count(Verdict::faster), 1);
  const std::vector<Table> tables = make_tables(both);
  const Table time = table(tables, "time");
  ASSERT_EQ(time.rows.size(), 4U);
  EXPECT_EQ(cell(time, 0, "variant"), "A full");
  EXPECT_EQ(cell(time, 2, "variant"), "B full");
  const Table compared = table(tables, "compare");
  ASSERT_EQ(compared.rows.size(), 2U);
  EXPECT_EQ(cell(compared, 0, "verdict"), "FASTER");
  EXPECT_EQ(cell(table(tables, "speed"), 1, "speed-up"), "2.00 ×") << "chunked of A against full of A";
  EXPECT_EQ(cell(table(tables, "speed"), 3, "speed-up"), "1.00 ×") << "chunked of B against full of B";
  EXPECT_NE(make_findings(both)[1].find("1 FASTER, 1 SAME"), std::string::npos);
  b[0]["machine"]["cpu"] = "another";
  EXPECT_THROW(make_subject({{"before", {a, {}}}, {"after", {b, {}}}}), ArgumentError);
  EXPECT_NO_THROW(make_subject({{"before", {a, {}}}, {"after", {b, {}}}}, true));
}

}  // namespace
}  // namespace attnlab
