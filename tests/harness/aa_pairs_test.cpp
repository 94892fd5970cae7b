// A/A pairs: the verdicts of compare on equal cells, and on cells that differ by 5 %.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "attnlab/core/splitmix.h"
#include "compare/comparison.h"
#include "compare/noise_floor.h"
#include "harness/command.h"
#include "records/load.h"

namespace attnlab {
namespace {

/// Number of pairs given to `compare`, and its verdicts on B against A.
struct Calls {
  std::int64_t pairs = 0;
  std::int64_t faster = 0;
  std::int64_t slower = 0;

  void add(const Comparison& comparison) {
    pairs += static_cast<std::int64_t>(comparison.pairs.size());
    faster += comparison.count(Verdict::faster);
    slower += comparison.count(Verdict::slower);
  }
};

/// Turns the twins of A/A pairs into the same cells of another run, `shift` times as slow. A program that
/// took 1.05 times as long would have given exactly these samples.
void make_other_run(const std::vector<Json>& cells, std::vector<Json>& twins, double shift) {
  for (Json& twin : twins) {
    for (const Json& cell : cells)
      if (cell.at("variant") == twin.at("variant") &&
          cell.at("cell").at("seqlen_q") == twin.at("cell").at("seqlen_q"))
        twin["id"] = cell.at("id");
    for (Json& time : twin["time"]["samples_ns"]) time = time.get<double>() * shift;
    if (!twin["time"].contains("samples")) continue;
    for (Json& sample : twin["time"]["samples"]) sample["ns"] = sample["ns"].get<double>() * shift;
  }
}

/// Runs sweeps whose cells all have twins until `wanted` pairs have verdicts. One pair of each sweep gives
/// the noise floor, as in a sweep with default options; the others are compared.
Calls judge_twins(std::int64_t wanted, const std::string& cells, double shift) {
  Calls calls;
  const auto start = std::chrono::steady_clock::now();
  while (calls.pairs < wanted && !::testing::Test::HasFailure()) {
    const TemporaryDirectory directory;
    const std::string run = (directory / "run").string();
    EXPECT_EQ(command("sweep --aa-pairs 100 --out " + run + " " + cells).status, 0);
    RunRecords records = load_run(directory / "run", "test");
    const double floor = noise_floor(records.cells, {records.twins.front()}).value_or(default_noise_floor);
    records.twins.erase(records.twins.begin());
    make_other_run(records.cells, records.twins, shift);
    calls.add(compare_runs(records.cells, records.twins, floor, false));
  }
  fmt::print("{} pairs: {} called FASTER, {} SLOWER; {:.0f} s\n", calls.pairs, calls.faster, calls.slower,
             std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  return calls;
}

/// The noise of synthetic samples.
struct Noise {
  double own;           ///< standard deviation of every sample
  double slow_samples;  ///< share of samples that take up to twice as long
  double slow_blocks;   ///< share of blocks in which all samples take 1.5 times as long
};
constexpr Noise quiet{0.008, 0.01, 0};
constexpr Noise loud{0.03, 0.15, 0.15};

/// A cell and its twin.
std::vector<Json> synthetic_pair(const Noise& noise, SplitMix& random, int number) {
  const auto normal = [&] {
    double sum = -6;
    for (int draw = 0; draw < 12; ++draw) sum += random.uniform();
    return sum;
  };
  std::vector<Json> pair(
      2, Json::parse(R"json({"engine": "tiled", "backend": "chunked", "status": "ok", "group": "g",
      "time": {"samples_ns": [], "blocks": []}, "error": {"within_budget": true}, "input": {"checksum": ""},
      "machine": {"cpu": "c", "level": "l"}, "cell": {"seqlen_q": 8, "seqlen_k": 8, "dtype": "f32"}})json"));
  for (Json& record : pair) record["variant"] = record["id"] = fmt::format("v{}", number);
  const int rounds = 8 + static_cast<int>(random.next() % 25);
  for (int block = 0; block < rounds; ++block) {
    const double both = random.uniform() < noise.slow_blocks ? 1.5 : 1;
    for (Json& record : pair) {
      const double alone = random.uniform() < noise.slow_samples ? 1 + random.uniform() : 1;
      record["time"]["samples_ns"].push_back(1e6 * both * alone * (1 + noise.own * normal()));
      record["time"]["blocks"].push_back(block);
    }
  }
  return pair;
}

/// The verdicts of compare on `pairs` synthetic pairs, with the least noise floor.
Calls judge_synthetic(int pairs, const Noise& noise, double shift) {
  SplitMix random(20261124);
  std::vector<Json> cells;
  std::vector<Json> twins;
  for (int number = 0; number < pairs; ++number) {
    const std::vector<Json> pair = synthetic_pair(noise, random, number);
    cells.push_back(pair[0]);
    twins.push_back(pair[1]);
  }
  make_other_run(cells, twins, shift);
  Calls calls;
  calls.add(compare_runs(cells, twins, least_noise_floor, false));
  return calls;
}

TEST(SyntheticNoise, EqualCellsAreNotCalledDifferent) {
  for (const Noise& noise : {quiet, loud}) {
    const Calls calls = judge_synthetic(200, noise, 1);
    EXPECT_EQ(calls.pairs, 200);
    EXPECT_LE(calls.faster + calls.slower, 4);
  }
}

TEST(SyntheticNoise, FivePercentAreCalledInQuiet) {
  const Calls calls = judge_synthetic(100, quiet, 1.05);
  EXPECT_GE(calls.slower, 95);
  EXPECT_EQ(calls.faster, 0);
}

int pairs_asked() {
  const char* const asked = std::getenv("ATTNLAB_AA_PAIRS");
  return asked ? std::atoi(asked) : 0;
}

/// A process that keeps a core busy.
class BusyMachine {
 public:
  BusyMachine() : pid_(fork()) {
    if (pid_ != 0) return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (volatile unsigned spin = 0;;) spin = spin + 1;
  }
  ~BusyMachine() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }

 private:
  pid_t pid_;
};

TEST(NightlyNoise, EqualCellsAreNotCalledDifferentOnABusyMachine) {
  if (pairs_asked() == 0) GTEST_SKIP() << "ctest -C nightly -L nightly";
  const BusyMachine busy;
  const Calls calls = judge_twins(
      pairs_asked(),
      "--backend chunked,window,sparse --pattern causal --seqlen 256:1024:+256 --heads 2 --min-time 0.02", 1);
  EXPECT_LE(calls.faster + calls.slower, calls.pairs / 50);
}

/// Real samples of a cell and of its twin, taken in turn, with those of the twin times 1.05. With one thread,
/// since cells that use all cores are disturbed by the rest of the system on any machine.
TEST(NightlyNoise, FivePercentAreCalledAtDefaultRounds) {
  if (pairs_asked() == 0) GTEST_SKIP() << "ctest -C nightly -L nightly";
  const Calls calls = judge_twins(
      std::min(pairs_asked(), 20),
      "--backend chunked,window,sparse --pattern causal --seqlen 4096 --heads 2 --threads 1", 1.05);
  EXPECT_GE(calls.slower * 20, calls.pairs * 19);
}

}  // namespace
}  // namespace attnlab
