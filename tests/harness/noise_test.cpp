// Figures and their noise: blocks, stopping, disturbed samples, A/A pairs, and their part of the schema.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <set>
#include <sstream>
#include <string>
#include <tuple>

#include "cell/rounds.h"
#include "harness/command.h"
#include "records/analysis.h"
#include "records/load.h"
#include "records/schema.h"
#include "sweep/group.h"

namespace attnlab {
namespace {

RoundSample sample_of(std::int64_t block, double time_ns, bool contaminated = false) {
  RoundSample sample;
  sample.block = block;
  sample.time_ns = time_ns;
  sample.iterations = 1;
  if (contaminated) sample.contaminated = {"preempted"};
  return sample;
}

TEST(Rounds, StopWhereTheyArePrecise) {
  Rounds rounds({6, 32, 3, 100});
  for (int round = 0; round < 5; ++round) rounds.add(sample_of(round, 1000 + round));
  EXPECT_EQ(rounds.stopped(1), "");
  rounds.add(sample_of(5, 1003));
  EXPECT_EQ(rounds.stopped(1), "precise");
  EXPECT_FALSE(rounds.repeats_last()) << "a clean sample is not taken again";
}

TEST(Rounds, AreNotPreciseAboveAHalfWidthOfTwoPercent) {
  for (const double spread : {15.0, 25.0}) {
    Rounds rounds({6, 32, 3, 100});
    for (int round = 0; round < 6; ++round)
      rounds.add(sample_of(round, round % 2 == 0 ? 1000 - spread : 1000 + spread));
    EXPECT_EQ(rounds.stopped(1), spread < 20 ? "precise" : "") << spread;
  }
}

TEST(Rounds, OfAPreciseCellMayBeTakenFurtherForAWhile) {
  Rounds rounds({6, 32, 3, 100});
  for (int block = 0; block < 11; ++block) rounds.add(sample_of(block, 100));
  EXPECT_TRUE(rounds.may_be_sampled_further(1));
  EXPECT_FALSE(rounds.may_be_sampled_further(100)) << "the budget is spent";
  rounds.add(sample_of(11, 100));
  EXPECT_FALSE(rounds.may_be_sampled_further(1));
}

TEST(Rounds, StopWhereMoreDoNotHelp) {
  Rounds rounds({5, 1000, 3, 100});
  std::string stopped;
  int count = 0;
  for (; stopped.empty() && count < 1000; ++count) {
    rounds.add(sample_of(count, count % 2 == 0 ? 1000 : 2000));
    stopped = rounds.stopped(1);
  }
  EXPECT_EQ(stopped, "stabilised");
  EXPECT_LT(count, 100);
}

TEST(Rounds, StopAtTheBudget) {
  Rounds rounds({5, 6, 3, 100});
  rounds.add(sample_of(0, 1000));
  EXPECT_EQ(rounds.stopped(1), "");
  EXPECT_EQ(rounds.stopped(101), "") << "three samples in any case";
  rounds.add(sample_of(1, 1000));
  rounds.add(sample_of(2, 1000));
  EXPECT_EQ(rounds.stopped(101), "budget");
  for (int round = 0; round < 3; ++round) rounds.add(sample_of(3 + round, 1000 * (round + 1)));
  EXPECT_EQ(rounds.stopped(1), "budget");
}

TEST(Rounds, KeepDisturbedSamplesBesideTheFigures) {
  Rounds rounds({2, 8, 1, 100});
  rounds.add(sample_of(0, 9000, true));
  EXPECT_TRUE(rounds.repeats_last());
  rounds.count_retry();
  rounds.add(sample_of(0, 8000, true));
  EXPECT_FALSE(rounds.repeats_last()) << "one retry is allowed";
  rounds.add(sample_of(1, 1000));
  EXPECT_EQ(rounds.to_json("budget").at("samples_ns"), Json::parse("[8000.0, 1000.0]"))
      << "too few clean ones; one of each block";
  rounds.add(sample_of(2, 1100));
  const Json clean = rounds.to_json("precise");
  EXPECT_EQ(clean.at("samples_ns"), Json::parse("[1000.0, 1100.0]"));
  EXPECT_EQ(clean.at("blocks"), Json::parse("[1, 2]"));
  EXPECT_EQ(clean.at("samples").size(), 4U);
  EXPECT_EQ(clean.at("contaminated"), 2);
  EXPECT_EQ(clean.at("median_ns"), 1050.0);
  // Eight clean ones have a 99 % interval, even if more were asked for.
  Rounds twelve({12, 48, 0, 100});
  for (int block = 0; block < 9; ++block) twelve.add(sample_of(block, 5000, block >= 7));
  EXPECT_EQ(twelve.to_json("budget").at("samples_ns").size(), 9U);
  twelve.add(sample_of(9, 1000));
  EXPECT_EQ(twelve.to_json("budget").at("samples_ns").size(), 8U);
}

TEST(Rounds, DisturbedSamplesThatAgreeDoNotEndACell) {
  Rounds rounds({8, 48, 3, 100});
  for (int block = 0; block < 40; ++block) {
    rounds.add(sample_of(block, 1000, block % 6 != 0));
    EXPECT_EQ(rounds.stopped(1), "") << block << ": seven of forty are clean";
  }
  rounds.add(sample_of(42, 1000));
  EXPECT_EQ(rounds.stopped(1), "precise") << "the eighth";
  Rounds all({8, 16, 3, 100});
  for (int block = 0; block < 16; ++block) all.add(sample_of(block, 1000, true));
  EXPECT_EQ(all.stopped(1), "budget");
}

TEST(Rounds, ASampleTakenAgainIsNoFurtherRound) {
  Rounds rounds({5, 32, 3, 100});
  for (int round = 0; round < 4; ++round) {
    rounds.add(sample_of(round, 1001, true));
    rounds.add(sample_of(round, 1000));
  }
  EXPECT_EQ(rounds.stopped(1), "");
  rounds.add(sample_of(4, 1000));
  EXPECT_EQ(rounds.stopped(1), "precise");
}

/// The records of a group whose cells take these times, in ns, in successive blocks; the last time is
/// repeated. `order`: the cells in the order in which they were measured.
std::vector<Json> group_of(const std::vector<std::vector<double>>& times, const StoppingRule& rule,
                           std::vector<std::uint64_t>* order = nullptr) {
  std::vector<Cell> cells(times.size());
  for (std::size_t cell = 0; cell < cells.size(); ++cell) cells[cell].seed = cell;
  std::vector<Json> closed(cells.size());
  std::int64_t block = -1;
  const auto new_block = [&]() -> Measure {
    ++block;
    return [&](Passes, const Cell& cell) -> Json {
      const std::vector<double>& own = times[cell.seed];
      if (order) order->push_back(cell.seed);
      RoundSample sample =
          sample_of(block, own[std::min<std::size_t>(static_cast<std::size_t>(block), own.size() - 1)]);
      sample.wall_ns = 1e9;
      sample.disturbance.calibration_before_ns = sample.disturbance.calibration_after_ns = 1;
      return {{"status", "ok"},
              {"warnings", Json::array()},
              {"elapsed_ms", 1},
              {"measured_ms", 1},
              {"time", to_json(sample)}};
    };
  };
  measure_group(cells, rule,
                {[](const Cell&) {}, [&](std::size_t cell, const Json& record) { closed[cell] = record; }},
                new_block);
  return closed;
}

TEST(Interleaving, ARecordSaysHowManySamplesWereDisturbed) {
  // All but the first three samples are slower than the fastest calibration allows.
  Cell cell;
  int taken = 0;
  Json closed;
  measure_group({cell}, {5, 5, 0, 100},
                {[](const Cell&) {}, [&](std::size_t, const Json& record) { closed = record; }},
                [&]() -> Measure {
                  return [&](Passes, const Cell&) -> Json {
                    RoundSample sample = sample_of(taken, 100);
                    sample.wall_ns = 1e9;
                    sample.disturbance.calibration_before_ns = sample.disturbance.calibration_after_ns =
                        taken++ < 3 ? 1 : 2;
                    return {{"status", "ok"},
                            {"warnings", Json::array()},
                            {"elapsed_ms", 1},
                            {"measured_ms", 1},
                            {"time", to_json(sample)}};
                  };
                });
  EXPECT_EQ(closed.at("warnings"), Json{"2 of 5 samples are disturbed"});
}

TEST(Interleaving, EachBlockHasAnOrderOfItsOwn) {
  std::vector<std::uint64_t> order;
  group_of({{100}, {100}, {100}, {100}}, {20, 20, 0, 100}, &order);
  ASSERT_EQ(order.size(), 80U);
  // The same order in all of twenty blocks has a probability of 24^-19.
  bool same = true;
  for (std::size_t at = 4; at < order.size(); ++at) same = same && order[at] == order[at - 4];
  EXPECT_FALSE(same);
}

TEST(Interleaving, PreciseCellsHaveTheBlocksOfTheirNeighbours) {
  // The first cell is precise after five blocks, the second when more of its times are equal.
  const std::vector<double> steady{100};
  const std::vector<double> late{103, 97, 100};
  const std::vector<Json> two = group_of({steady, late}, {5, 20, 0, 100});
  for (const Json& record : two) ASSERT_EQ(record.at("time").at("stopped"), "precise");
  EXPECT_GT(two[1].at("time").at("blocks").size(), 5U);
  EXPECT_EQ(two[0].at("time").at("blocks"), two[1].at("time").at("blocks"));
  // A precise cell is sampled further for at most as many blocks as it has rounds.
  const std::vector<double> never{100, 300, 100, 300, 100, 300, 100, 300, 100, 300, 100, 300};
  const std::vector<Json> three = group_of({steady, late, never}, {3, 20, 0, 100});
  ASSERT_EQ(three[0].at("time").at("stopped"), "precise");
  EXPECT_EQ(three[0].at("time").at("blocks").size(), 6U);
  EXPECT_GT(three[2].at("time").at("blocks").size(), 6U);
}

TEST(Interleaving, EveryRecordOfAGroupHasEveryBlock) {
  const TemporaryDirectory directory;
  const std::string run = (directory / "run").string();
  ASSERT_EQ(
      command("sweep --backend full,chunked --seqlen 32,64 --rounds 3 --max-rounds 3 --retries 0 --min-time "
              "0.001 --heads 1 --out " +
              run)
          .status,
      0);
  std::set<std::string> groups;
  for (const nlohmann::json& record : records(directory / "run")) {
    groups.insert(record.at("group"));
    EXPECT_EQ(record.at("time").at("blocks"), (nlohmann::json{0, 1, 2}));
    EXPECT_EQ(record.at("time").at("samples").size(), 3U);
    EXPECT_EQ(record.at("time").at("stopped"), "budget");
    EXPECT_GT(record.at("time").at("samples")[0].at("cpu_ns"), 0);
  }
  EXPECT_EQ(groups.size(), 2U) << "a group for each n";
  const RunRecords loaded = load_run(directory / "run", "test");
  EXPECT_EQ(loaded.cells.size(), 4U);
  ASSERT_EQ(loaded.twins.size(), 1U);
  EXPECT_EQ(std::count_if(loaded.cells.begin(), loaded.cells.end(),
                          [&](const Json& cell) { return pair_key(cell) == pair_key(loaded.twins.front()); }),
            1);
  EXPECT_EQ(
      command("sweep --seqlen 32 --aa-pairs 0 --out " + (directory / "none").string() + short_rounds).status,
      0);
  EXPECT_TRUE(load_run(directory / "none", "test").twins.empty());
}

TEST(Schema, RecordsAreValidAndViolationsAreNamed) {
  const TemporaryDirectory directory;
  const std::string run = (directory / "run").string();
  ASSERT_EQ(command("sweep --backend full,chunked --score scaled_dot,'additive(8)' --seqlen 32 --out " + run +
                    short_rounds)
                .status,
            0);
  const Result valid = command("validate " + run);
  EXPECT_EQ(valid.status, 0) << valid.out;
  EXPECT_NE(valid.out.find("5 records, 0 invalid"), std::string::npos) << valid.out;
  const std::string text = read_file(directory / "run/records.jsonl");
  nlohmann::json broken = nlohmann::json::parse(text.substr(0, text.find('\n')));
  broken["cell"]["dtype"] = 7;
  broken["status"] = "fine";
  write_file(directory / "run/records.jsonl",
             text + text.substr(0, text.find('\n') + 1) + broken.dump() + "\n{\"sch");
  const Result invalid = command("validate " + run);
  EXPECT_EQ(invalid.status, 3);
  for (const char* what :
       {"records.jsonl:6: the cell of line", "records.jsonl:7: 'cell/dtype' is 7; a string",
        "records.jsonl:8: no whole JSON object", "8 records, 3 invalid"})
    EXPECT_NE(invalid.out.find(what), std::string::npos) << invalid.out;
  EXPECT_EQ(command("validate").status, 2);

  std::istringstream lines(text);
  Json whole = Json::object();
  for (std::string line; whole.value("status", "") != "ok" && std::getline(lines, line);)
    whole = Json::parse(line);
  ASSERT_EQ(whole.at("status"), "ok");
  ASSERT_TRUE(violations(whole).empty());
  const auto expect_violation = [](const Json& record, const std::string& what) {
    const std::vector<std::string> found = violations(record);
    EXPECT_TRUE(std::any_of(found.begin(), found.end(), [&](const std::string& violation) {
      return violation.find(what) != std::string::npos;
    })) << what;
  };
  for (const auto& [pointer, value, what] : std::vector<std::tuple<const char*, Json, const char*>>{
           {"/cell/seed", 1.5, "'cell/seed' is 1.5; a whole number"},
           {"/time/median_ns", "1", "'time/median_ns' is \"1\"; a number"},
           {"/time/contaminated", 99, "'time/contaminated' is 99; "},
           {"/time/blocks", Json::array({0}), "'time/blocks' has 1 entries; "},
           {"/error/within_budget", nullptr, "'error/within_budget' is null; true or false"}}) {
    Json record = whole;
    record[Json::json_pointer(pointer)] = value;
    expect_violation(record, what);
  }
  Json lacking = whole;
  lacking["cell"].erase("dtype");
  expect_violation(lacking, "'cell/dtype' is missing; a string");
}

TEST(Schema, TheExampleOfSchemaOneIsLifted) {
  const TemporaryDirectory directory;
  const std::filesystem::path old =
      std::filesystem::path(std::getenv("ATTNLAB_SOURCE")) / "tests/harness/schema1";
  std::filesystem::copy(old, directory.path());
  const std::string run = directory.path().string();
  const std::string before = read_file(directory / "records.jsonl");
  EXPECT_EQ(command("validate " + run).status, 3);
  const Result result = command("migrate " + run);
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(read_file(directory / "records.schema-1.jsonl"), before);
  const Result valid = command("validate " + run);
  EXPECT_EQ(valid.status, 0) << valid.out;
  const std::string after = read_file(directory / "records.jsonl");
  EXPECT_EQ(command("migrate " + run).status, 0);
  EXPECT_EQ(read_file(directory / "records.jsonl"), after);
  EXPECT_EQ(command("migrate " + (directory / "nothing").string()).status, 2);
}

}  // namespace
}  // namespace attnlab
