// Verdicts of compare, its refusals and its output.
#include <gtest/gtest.h>

#include <functional>
#include <sstream>

#include "compare/comparison.h"
#include "harness/command.h"

namespace attnlab {
namespace {

using nlohmann::json;

/// Tests with the records of a real sweep whose times are replaced.
class Compare : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    const TemporaryDirectory directory;
    ASSERT_EQ(command("sweep --backend full,chunked --seqlen 32,64 --out " + (directory / "run").string() +
                      short_rounds)
                  .status,
              0);
    measured_ = read_file(directory / "run/records.jsonl");
  }

  /// Writes a run with every record changed by `change`.
  std::string write_run(const std::string& name, const std::function<void(json&)>& change) {
    std::istringstream lines(measured_);
    std::string text;
    for (std::string line; std::getline(lines, line);) {
      json record = json::parse(line);
      change(record);
      text += record.dump() + "\n";
    }
    std::filesystem::create_directories(directory_ / name);
    write_file(directory_ / (name + "/records.jsonl"), text);
    return (directory_ / name).string();
  }

  void set_times(json& record, double microseconds, double noise = 0.001) {
    json& time = record["time"];
    json sample = time["samples"][0];
    sample["contaminated"] = json::array();
    time["contaminated"] = 0;
    time["samples_ns"] = time["samples"] = time["iterations"] = time["blocks"] = json::array();
    for (int round = 0; round < 9; ++round) {
      sample["block"] = round;
      sample["ns"] = microseconds * 1000 * (1 + noise * (round % 3 - 1));
      time["samples"].push_back(sample);
      time["samples_ns"].push_back(sample["ns"]);
      time["iterations"].push_back(1);
      time["blocks"].push_back(round);
    }
    time["median_ns"] = microseconds * 1000;
  }

  TemporaryDirectory directory_;
  static std::string measured_;
};
std::string Compare::measured_;

TEST_F(Compare, TwoRuns) {
  const std::string a = write_run("a", [&](json& record) { set_times(record, 100); });
  const std::string b = write_run("b", [&](json& record) {
    const bool full = record.at("backend") == "full";
    const bool small = record.at("cell").at("seqlen_q") == 32;
    set_times(record, full ? (small ? 80 : 130) : 100, !full && small ? 0.2 : 0.001);
    if (full) record["memory"]["workspace_bytes"] = 12345;
  });
  const Result result = command("compare " + a + " " + b + " --format json");
  ASSERT_EQ(result.status, 0) << result.err;
  const json found = json::parse(result.out);
  EXPECT_EQ(
      found.at("summary"),
      (json{{"FASTER", 1}, {"SLOWER", 1}, {"SAME", 1}, {"OVERLAP", 1}, {"TOO FEW", 0}, {"DISTURBED", 0}}));
  for (const json& cell : found.at("cells")) {
    EXPECT_LE(cell.at("time_ratio_low"), cell.at("time_ratio"));
    EXPECT_GE(cell.at("time_ratio_high"), cell.at("time_ratio"));
    EXPECT_EQ(cell.at("a").at("id"), cell.at("b").at("id"));
    const bool changed = cell.at("a").at("series").get<std::string>().starts_with("full");
    EXPECT_EQ(cell.at("memory.workspace_bytes").at("b") == 12345, changed);
  }
  EXPECT_EQ(command("compare " + a + " " + b + " --fail-on slower").status, 4);
  EXPECT_EQ(command("compare " + a + " " + a + " --fail-on slower").status, 0);
  EXPECT_EQ(command("compare " + a + " " + b + " --fail-on slower --floor 40").status, 0);
  EXPECT_EQ(command("compare " + a + " " + b + " --fail-on lost").status, 0);
  EXPECT_EQ(command("compare " + a + " " + b + " --fail-on undecided").status, 4) << "one overlaps";
  EXPECT_EQ(command("compare " + a + " " + a + " --fail-on undecided").status, 0);
  const std::string markdown = command("compare " + a + " " + b + " --format md").out;
  EXPECT_NE(markdown.find("| FASTER |"), std::string::npos) << markdown;
  EXPECT_NE(markdown.find("4 cells: 1 FASTER 1 SLOWER 1 SAME 1 OVERLAP"), std::string::npos) << markdown;
  const std::string table = command("compare " + a + " " + b).out;
  EXPECT_NE(table.find("FASTER"), std::string::npos) << table;
  EXPECT_NE(table.find("12.06 KiB"), std::string::npos) << table;
}

TEST_F(Compare, FasterCellsAlone) {
  const std::string a = write_run("a", [&](json& record) { set_times(record, 100); });
  const std::string faster = write_run("b", [&](json& record) { set_times(record, 80); });
  EXPECT_EQ(command("compare " + a + " " + faster + " --fail-on slower").status, 0);
  EXPECT_EQ(command("compare " + faster + " " + a + " --fail-on slower").status, 4);
  const auto found = [&](const std::string& floor) {
    return json::parse(command("compare " + a + " " + faster + " --format json --floor " + floor).out);
  };
  EXPECT_DOUBLE_EQ(found("5").at("floor"), 0.05);
  EXPECT_EQ(found("5").at("summary").at("FASTER"), 4);
  EXPECT_EQ(found("40").at("summary").at("SAME"), 4);
  const std::string table = command("compare " + a + " " + faster).out;
  EXPECT_NE(table.find("; geometric mean of B / A 0.800"), std::string::npos) << table;
}

TEST_F(Compare, TwoSeriesOfOneRun) {
  const std::string run =
      write_run("run", [&](json& record) { set_times(record, record.at("backend") == "full" ? 100 : 50); });
  const Result result = command("compare " + run + " --between full,chunked --format json");
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(json::parse(result.out).at("summary").at("FASTER"), 2);
  const Result unknown = command("compare " + run + " --between full,chunkd");
  EXPECT_EQ(unknown.status, 2);
  EXPECT_NE(unknown.err.find("nearest: chunked"), std::string::npos) << unknown.err;
  EXPECT_EQ(command("compare " + run + " --between 'scaled_dot|softmax,chunked'").status, 2);
  EXPECT_EQ(command("compare " + run + " --between full").status, 2);
}

TEST_F(Compare, OtherMachinesAreRefusedUnlessForced) {
  const std::string a = write_run("a", [&](json& record) { set_times(record, 100); });
  const std::string b = write_run("b", [&](json& record) {
    set_times(record, 100);
    record["machine"]["cpu"] = "Z80";
  });
  const Result refused = command("compare " + a + " " + b);
  EXPECT_EQ(refused.status, 2);
  for (const char* text : {"Z80", "--force"})
    EXPECT_NE(refused.err.find(text), std::string::npos) << refused.err;
  EXPECT_EQ(command("compare " + a + " " + b + " --force").status, 0);
}

TEST_F(Compare, WhatHasNoFiguresIsNamed) {
  const std::string a = write_run("a", [&](json& record) { set_times(record, 100); });
  const std::string b = write_run("b", [&](json& record) {
    set_times(record, 100);
    if (record.at("backend") == "full") {
      record["status"] = "timeout";
      record["reason"] = "stopped at the time limit";
    }
    if (record.at("cell").at("seqlen_q") == 32) record["input"]["checksum"] = "0";
  });
  const json found = json::parse(command("compare " + a + " " + b + " --format json").out);
  ASSERT_EQ(found.at("not_compared").size(), 3U);
  EXPECT_EQ(found.at("cells").size(), 1U);
  EXPECT_EQ(command("compare " + a + " " + b + " --fail-on lost").status, 4);
  EXPECT_NE(command("compare " + a + " " + b).out.find("A: ok, B: timeout"), std::string::npos);
}

TEST_F(Compare, FewRoundsDecideNothing) {
  const auto two_rounds = [&](double microseconds) {
    return [this, microseconds](json& record) {
      set_times(record, microseconds);
      for (const char* list : {"samples", "samples_ns", "iterations", "blocks"})
        record["time"][list].erase(record["time"][list].begin() + 2, record["time"][list].end());
    };
  };
  const std::string a = write_run("a", two_rounds(100));
  const std::string b = write_run("b", two_rounds(300));
  EXPECT_EQ(json::parse(command("compare " + a + " " + b + " --format json").out).at("summary").at("TOO FEW"),
            4);
}

TEST(CompareBadInput, Refused) {
  EXPECT_EQ(command("compare").status, 2);
  EXPECT_EQ(command("compare /nonexistent/a /nonexistent/b").status, 2);
  EXPECT_EQ(command("compare a b --format html").status, 2);
  EXPECT_EQ(command("compare a b --fail-on slow").status, 2);
  EXPECT_EQ(command("compare a b c").status, 2);
}

}  // namespace
}  // namespace attnlab
