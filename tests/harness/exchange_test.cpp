// Records in other formats, and sweeps that run as shards.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <regex>
#include <set>
#include <sstream>

#include "harness/command.h"

namespace attnlab {
namespace {

using nlohmann::json;

class Exchange : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    directory_ = std::make_unique<TemporaryDirectory>();
    ASSERT_EQ(command("sweep --backend full,chunked --score scaled_dot,'additive(8)' --seqlen 32,64 --out " +
                      run() + short_rounds)
                  .status,
              0);
  }
  static void TearDownTestSuite() { directory_.reset(); }
  static std::string run() { return (*directory_ / "run").string(); }
  static std::unique_ptr<TemporaryDirectory> directory_;
};
std::unique_ptr<TemporaryDirectory> Exchange::directory_;

TEST_F(Exchange, CsvHasOneRowARecord) {
  const Result result = command("export " + run());
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(std::count(result.out.begin(), result.out.end(), '\n'), 9);
  const std::string header = result.out.substr(0, result.out.find("\r\n"));
  for (const char* column : {"variant", "cell.seqlen_q", "time.median_ns", "memory.workspace_bytes"})
    EXPECT_NE(("," + header + ",").find(std::string(",") + column + ","), std::string::npos) << header;
  EXPECT_EQ((header + ",").find("time,"), std::string::npos) << "an object is no column: " << header;
}

TEST_F(Exchange, CsvHasNoFormulas) {
  const TemporaryDirectory directory;
  for (const char* text : {"=HYPERLINK(1)", "+1", "@SUM(1)", "-cmd", "=1,2"}) {
    json record = records(run()).front();
    record["machine"]["cpu"] = text;
    record["dispersion"]["mean"]["entropy"] = -1.5;
    std::filesystem::create_directories(directory / "run");
    write_file(directory / "run" / "records.jsonl", record.dump() + "\n");
    const Result result = command("export " + (directory / "run").string());
    ASSERT_EQ(result.status, 0) << result.err;
    EXPECT_NE(result.out.find("'" + std::string(text)), std::string::npos) << result.out;
    EXPECT_EQ(result.out.find("," + std::string(text)), std::string::npos) << text;
    EXPECT_NE(result.out.find(",-1.5,"), std::string::npos) << "a number stays a number";
  }
}

TEST_F(Exchange, JsonLinesHaveTheSameFlatKeys) {
  std::istringstream lines(command("export " + run() + " --format jsonl").out);
  std::set<std::set<std::string>> keys;
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    std::set<std::string> of_line;
    const json flat = json::parse(line);
    for (const auto& [key, value] : flat.items()) {
      EXPECT_FALSE(value.is_structured()) << key;
      of_line.insert(key);
    }
    keys.insert(of_line);
  }
  EXPECT_EQ(count, 8);
  EXPECT_EQ(keys.size(), 1U);
}

TEST_F(Exchange, GoogleBenchmarkHasARepetitionASample) {
  const std::string file = (*directory_ / "g.json").string();
  ASSERT_EQ(command("export " + run() + " --format gbench --out " + file).status, 0);
  const json exported = json::parse(read_file(file));
  EXPECT_TRUE(exported.at("context").contains("date"));
  std::size_t samples = 0;
  for (const json& record : records(run()))
    if (record.at("status") == "ok") samples += record.at("time").at("samples_ns").size();
  ASSERT_EQ(exported.at("benchmarks").size(), samples);
  std::set<std::string> names;
  for (const json& one : exported.at("benchmarks")) {
    names.insert(one.at("name"));
    EXPECT_EQ(one.at("run_type"), "iteration");
    EXPECT_EQ(one.at("time_unit"), "ns");
    EXPECT_GT(one.at("cpu_time"), 0);
  }
  EXPECT_EQ(names.size(), 6U) << "two of eight cells are refused";
}

TEST(Names, TellCellsApart) {
  const TemporaryDirectory directory;
  const std::string run = (directory / "run").string();
  const std::string grid =
      "sweep --seqlen 16 --batch 1,2 --kv-heads 1,2 --head-dim-v 16,64 --seed 1,2 --threads 1 --aa-pairs 0 ";
  const Result sweep = command(grid + "--out " + run + short_rounds);
  ASSERT_EQ(sweep.status, 0) << sweep.err;
  std::set<std::string> labels;
  std::istringstream progress(sweep.err);
  for (std::string line; std::getline(progress, line);)
    if (line.starts_with('[')) labels.insert(line.substr(line.find(']')));
  EXPECT_EQ(labels.size(), 16U) << sweep.err;
  const json exported = json::parse(command("export " + run + " --format gbench").out);
  std::set<std::string> names;
  for (const json& one : exported.at("benchmarks")) names.insert(one.at("name"));
  EXPECT_EQ(names.size(), 16U);
  const std::map<std::string, std::string> outputs{
      {"sweep", sweep.out},
      {"dry run", command(grid + "--dry-run" + short_rounds).out},
      {"compare", command("compare " + run + " " + run).out},
      {"compare in CSV", command("compare --format csv " + run + " " + run).out}};
  for (const auto& [output, text] : outputs) {
    const std::string between = output == "compare in CSV" ? "," : " +";
    for (const char* batch : {"1", "2"})
      for (const char* kv_heads : {"1", "2"})
        for (const char* head_dim_v : {"16", "64"})
          for (const char* seed : {"1", "2"}) {
            const std::regex name(between + batch + between + kv_heads + between + head_dim_v + between +
                                  seed + between);
            EXPECT_EQ(std::distance(std::sregex_iterator(text.begin(), text.end(), name), {}), 1)
                << output << ": " << batch << kv_heads << head_dim_v << seed << '\n'
                << text;
          }
  }
}

TEST_F(Exchange, ShardsMakeTheWholeSweep) {
  const std::string grid = "sweep --backend full,chunked --seqlen 16:64:x2 --dtype f32,bf16 --aa-pairs 0" +
                           short_rounds + "--out ";
  ASSERT_EQ(command(grid + (*directory_ / "whole").string()).status, 0);
  std::set<std::string> whole;
  for (const json& record : records(*directory_ / "whole")) whole.insert(record.at("id"));
  std::string shards;
  for (const char* shard : {"1/4", "2/4", "3/4", "4/4"}) {
    const std::string out = (*directory_ / std::string(1, shard[0])).string();
    ASSERT_EQ(command(grid + out + " --shard " + shard).status, 0);
    shards += " " + out;
  }
  const std::string merged = (*directory_ / "merged").string();
  const Result result = command("merge --out " + merged + shards);
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.err, "");
  std::set<std::string> joined;
  for (const json& record : records(merged)) joined.insert(record.at("id"));
  EXPECT_EQ(joined, whole);
  EXPECT_EQ(records(merged).size(), whole.size());
  EXPECT_EQ(command("validate " + merged).status, 0);
  const std::string before = read_file(merged + "/records.jsonl");
  EXPECT_EQ(command("sweep --resume --out " + merged).status, 0);
  EXPECT_EQ(read_file(merged + "/records.jsonl"), before) << "nothing was left to run";

  const std::string one = (*directory_ / "1").string();
  EXPECT_EQ(command("merge --out " + (*directory_ / "twice").string() + " " + one + " " + one).status, 2);
  EXPECT_FALSE(std::filesystem::exists(*directory_ / "twice"));
  const Result some = command("merge --out " + (*directory_ / "some").string() + " " + one);
  EXPECT_NE(some.err.find("2/4, 3/4, 4/4"), std::string::npos) << some.err;
}

TEST_F(Exchange, OtherMachinesAndBuildsAreNotMerged) {
  for (const auto& [object, key] : {std::pair{"machine", "cpu"}, std::pair{"build", "git_revision"}}) {
    const std::string other = (*directory_ / object).string();
    std::filesystem::copy(run(), other);
    std::string text;
    for (json& record : records(run())) {
      record[object][key] = "something else";
      record["id"] = "0" + record["id"].get<std::string>();
      text += record.dump() + "\n";
    }
    write_file(other + "/records.jsonl", text);
    const std::string merge = "merge --out " + other + "-merged " + run() + " " + other;
    const Result refused = command(merge);
    EXPECT_EQ(refused.status, 2);
    EXPECT_NE(refused.err.find("something else"), std::string::npos) << refused.err;
    EXPECT_EQ(command(merge + " --force").status, 0);
  }
}

TEST(Shards, ADryRunShowsTheShard) {
  const Result result = command("sweep --seqlen 16,32,48 --heads 1 --shard 2/3 --dry-run");
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.out.find("\n1 cell. "), std::string::npos) << result.out;
  EXPECT_NE(result.out.find(", n 32, "), std::string::npos) << result.out;
  EXPECT_EQ(command("sweep --seqlen 16 --shard 2/1 --dry-run").status, 2);
}

TEST(Shards, BadOnesAreRefused) {
  for (const char* shard : {"0/2", "3/2", "2", "1/2/3", "9/9"})
    EXPECT_EQ(command(std::string("sweep --seqlen 16,32 --out /nonexistent/x --shard ") + shard).status, 2)
        << shard;
}

}  // namespace
}  // namespace attnlab
