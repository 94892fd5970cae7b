// What users read on a terminal: the tables of sweep and compare, the last line of a sweep, what would
// disturb it, the summary of run.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <sstream>
#include <string>

#include "cell/doubts.h"
#include "harness/on_terminal.h"
#include "records/text_table.h"
#include "report/made_records.h"
#include "sweep/conditions.h"
#include "sweep/sweep_table.h"

namespace attnlab {
namespace {

/// A record with these numbers of clean and disturbed samples; its figures use all if fewer than eight are
/// clean.
Json with_samples(Json record, int clean, int disturbed) {
  Json& time = record["time"];
  time["low_ns"] = 0.9 * time["median_ns"].get<double>();
  time["high_ns"] = 1.1 * time["median_ns"].get<double>();
  time["samples"] = Json::array();
  for (int at = 0; at < clean + disturbed; ++at)
    time["samples"].push_back({{"block", at},
                               {"ns", time["median_ns"]},
                               {"contaminated", at < clean ? Json::array() : Json{"preempted"}}});
  time["samples_ns"] =
      std::vector<double>(static_cast<std::size_t>(clean < 8 ? clean + disturbed : clean), time["median_ns"]);
  return record;
}

std::string printed(const std::vector<Json>& records) {
  ::testing::internal::CaptureStdout();
  print_table(records);
  return ::testing::internal::GetCapturedStdout();
}

TEST(Terminal, EveryRowHasItsIntervalAndItsShareOfCleanSamples) {
  const std::vector<Json> records{with_samples(record("full", 64, 8e6, 4096), 9, 1),
                                  with_samples(record("chunked", 64, 2e6, 1024), 0, 9),
                                  with_samples(record("window", 64, 1e6, 1024), 3, 0)};
  const std::string text = printed(records);
  EXPECT_NE(text.find("8 ms  7.2 ms - 8.8 ms   9 of 10          1"), std::string::npos) << text;
  EXPECT_NE(text.find("2 ms  1.8 ms - 2.2 ms  0 of 9 !  DISTURBED"), std::string::npos) << text;
  EXPECT_NE(text.find("3 of 3 !     8.00 x"), std::string::npos) << text;
  EXPECT_NE(text.find("speed-up against full"), std::string::npos) << text;
  EXPECT_EQ(text.find("\033"), std::string::npos) << "no terminal";
}

TEST(Terminal, SaysWhetherTheNoiseFloorWasMeasured) {
  const Json cell = with_samples(record("full", 64, 8e6, 4096), 9, 0);
  const auto twin = [&](int clean, int disturbed) {
    Json made = with_samples(record("full", 64, 8e6, 4096), clean, disturbed);
    made["cell"]["twin"] = true;
    return made;
  };
  EXPECT_NE(printed({cell, twin(9, 0)}).find("noise floor 1.0 %, from 1 A/A pair\n"), std::string::npos);
  EXPECT_NE(
      printed({cell, twin(0, 9)}).find("noise floor not measured, since the A/A pairs were disturbed; 2 %"),
      std::string::npos);
}

TEST(Terminal, LastLineCountsWhatIsNotToBeQuoted) {
  const Json clean = with_samples(record("full", 64, 8e6, 4096), 9, 1);
  const Json none = with_samples(record("chunked", 64, 2e6, 1024), 0, 9);
  const Json some = with_samples(record("window", 64, 2e6, 1024), 2, 9);
  const Json few = with_samples(record("sparse", 64, 2e6, 1024), 3, 0);
  EXPECT_EQ(disturbed_line({clean}), "");
  EXPECT_EQ(disturbed_line({clean, none}), "1 of 2 cells have no clean sample; do not quote these\n");
  EXPECT_EQ(disturbed_line({clean, none, some, few}),
            "2 of 4 cells have too few clean samples, 1 of them none; do not quote these\n");
  EXPECT_EQ(disturbed_line({clean, few}),
            "! fewer than 8 clean samples give no 99 % interval: 1 of 2 cells\n");
}

TEST(Terminal, SaysBeforeASweepWhatWouldDisturbIt) {
  EXPECT_FALSE(disturbing_load(0.1));
  EXPECT_FALSE(disturbing_load(std::nullopt));
  EXPECT_EQ(disturbing_load(4.071).value_or(""), "load average 4.07: other programs are running");
}

TEST(Terminal, SaysWhichThreadsAQuotaThrottles) {
  Cell cell;
  cell.problem.threads = 1;
  EXPECT_TRUE(doubts(cell, std::nullopt).empty());
  EXPECT_TRUE(doubts(cell, 1.0).empty());
  EXPECT_EQ(doubts(cell, 0.25),
            std::vector<std::string>{"1 thread has the time of 0.25 CPUs: a control group allows no more"});
}

/// A sweep whose cells differ in more than backend and n.
class Varied : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    directory_ = new TemporaryDirectory;
    const Result sweep = command(
        "sweep --backend full,chunked --seqlen 16,32 --heads 2,4 --batch 1,2 --seed 1,2 "
        "--input 'gaussian(1),needle(6)' --head-dim 8 --threads 1 --aa-pairs 0 "
        "--rounds 1 --max-rounds 1 --retries 0 --min-time 0.0001 --out " +
        run());
    ASSERT_EQ(sweep.status, 0) << sweep.err;
  }
  static void TearDownTestSuite() { delete directory_; }
  static std::string run() { return (*directory_ / "run").string(); }

  static TemporaryDirectory* directory_;
};
TemporaryDirectory* Varied::directory_ = nullptr;

/// The parts of a text between blank lines.
std::vector<std::vector<std::string>> blocks_of(const std::string& text) {
  std::vector<std::vector<std::string>> blocks(1);
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);)
    line.empty() ? static_cast<void>(blocks.emplace_back()) : blocks.back().push_back(line);
  return blocks;
}

TEST_F(Varied, TablesFitTheTerminal) {
  for (const std::size_t columns : {132, 80, 60})
    for (const std::string& arguments :
         {"compare " + run() + " --between full,chunked", "compare " + run() + " " + run(),
          "sweep --resume --quiet --out " + run()}) {
      const Result result = on_terminal(arguments + " 2>/dev/null", columns);
      ASSERT_EQ(result.status, 0) << result.out;
      std::istringstream lines(without_escapes(result.out));
      for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("records: ") || line.starts_with("next: ")) continue;
        ASSERT_LE(text_width(line), columns) << arguments << '\n' << line;
      }
    }
}

TEST_F(Varied, RowsAreToldApartAtEveryWidth) {
  for (const std::size_t columns : {200, 80, 60}) {
    const Result result = on_terminal("sweep --resume --quiet --out " + run() + " 2>/dev/null", columns);
    ASSERT_EQ(result.status, 0) << result.out;
    std::size_t tables = 0;
    for (const std::vector<std::string>& block : blocks_of(without_escapes(result.out))) {
      const auto titles = std::find_if(block.begin(), block.end(), [](const std::string& line) {
        return line.starts_with("variant ") && line.find(" seed ") != std::string::npos;
      });
      if (titles == block.end()) continue;
      ++tables;
      std::set<std::string> names;
      std::size_t rows = 0;
      const std::size_t named = titles->find(" seed ") + 5;
      for (auto line = titles + 1; line != block.end() && !line->starts_with("speed-up"); ++line) {
        if (line->starts_with(' ')) continue;  // the rest of a broken figure
        names.insert(line->substr(0, named));
        ++rows;
      }
      EXPECT_EQ(rows, 64U) << columns;
      EXPECT_EQ(names.size(), rows) << columns << '\n' << *titles;
    }
    EXPECT_GE(tables, columns == 200 ? 1U : 2U) << result.out;
  }
}

TEST(Run, BriefIsAtMostEightLines) {
  const std::string cell = " --seqlen 64 --threads 3 --rounds 1 --max-rounds 1 --min-time 0.001";
  const auto lines_of = [&](const std::string& options) {
    const Result result = command("run --brief" + cell + options);
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_EQ(result.err, "");
    EXPECT_LE(std::count(result.out.begin(), result.out.end(), '\n'), 8) << result.out;
    for (const char* start : {"variant     ", "\nshape       ", "\ntime        ", "\nmemory      ",
                              "\nerror       ", "\ndispersion  "})
      EXPECT_NE(result.out.find(start), std::string::npos) << start << '\n' << result.out;
    return result.out;
  };
  EXPECT_NE(lines_of(" --normaliser 'entmax(1.5)'").find("\nagainst     scaled_dot|softmax, "),
            std::string::npos);
  EXPECT_EQ(lines_of("").find("against"), std::string::npos) << "no distance from itself";
  const Result refused = command("run --brief --backend full --score 'additive(8)'" + cell);
  EXPECT_EQ(refused.status, 3);
  EXPECT_NE(refused.out.find("\nstatus      refused: "), std::string::npos) << refused.out;
  EXPECT_EQ(command("run --brief --json" + cell).status, 2);
}

TEST(Run, SaysNothingOfDistancesFromItself) {
  const std::string cell = " --seqlen 64 --rounds 1 --max-rounds 1 --min-time 0.001";
  const std::string own = command("run" + cell).out;
  EXPECT_NE(own.find("\nerror       max "), std::string::npos) << own;
  EXPECT_EQ(own.find("against"), std::string::npos) << own;
  EXPECT_EQ(own.find("deviation"), std::string::npos) << own;
  const std::string sparse = command("run --normaliser 'entmax(1.5)'" + cell).out;
  EXPECT_NE(sparse.find("\nagainst     scaled_dot|softmax, "), std::string::npos) << sparse;
  EXPECT_EQ(sparse.find("deviation"), std::string::npos) << "the same distance once: " << sparse;
  const std::string other = command("run --normaliser 'entmax(1.5)' --against sparsemax" + cell).out;
  EXPECT_NE(other.find("\ndeviation   "), std::string::npos) << other;
  EXPECT_NE(other.find("\nagainst     scaled_dot|sparsemax, "), std::string::npos) << other;
}

TEST(Quiet, LeavesErrorsAndWarningsOnStandardError) {
  const TemporaryDirectory directory;
  const auto err = [&](const std::string& options, int status) {
    const Result result =
        command("sweep --quiet --rounds 1 --max-rounds 1 --retries 0 --min-time 0.001 --heads 1 " + options +
                " --out " + (directory / "run").string());
    EXPECT_EQ(result.status, status) << result.err;
    EXPECT_NE(result.out.find("next: attnlab report "), std::string::npos) << result.out;
    std::filesystem::remove_all(directory / "run");
    std::string text;
    std::istringstream lines(result.err);
    for (std::string line; std::getline(lines, line);)
      if (line.find("load average") == std::string::npos) text += line + "\n";
    return text;
  };
  EXPECT_EQ(err("--seqlen 16,32 --threads 1 --backend full,chunked --score scaled_dot,'additive(8)'", 0), "");
  EXPECT_TRUE(err("--seqlen 16 --threads 64", 0).starts_with("attnlab: warning: 64 threads share "));
  const std::string failed =
      err("--variant 'additive(512)|softmax' --seqlen 8192 --threads 1 --time-limit 0.5", 3);
  EXPECT_EQ(std::count(failed.begin(), failed.end(), '\n'), 2) << "the cell and its twin: " << failed;
  EXPECT_TRUE(failed.starts_with("attnlab: n=8192 ")) << failed;
  EXPECT_NE(failed.find(": timeout, "), std::string::npos) << failed;
}

}  // namespace
}  // namespace attnlab
