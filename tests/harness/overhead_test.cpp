// Overhead of a sweep beside the measured work: processes, inputs, plans, calibration, hashes, records.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>

#include "harness/command.h"
#include "records/load.h"

namespace attnlab {
namespace {

constexpr double most_ms_per_cell = 150;

/// Wall time of the whole command minus the measured work of all records, twins included, in ms for each
/// cell.
double overhead_of(const std::string& options) {
  const TemporaryDirectory directory;
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(command("sweep --out " + (directory / "run").string() + " " + options).status, 0);
  const double wall_ms =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  RunRecords run = load_run(directory / "run", "test");
  run.cells.insert(run.cells.end(), run.twins.begin(), run.twins.end());
  double elapsed_ms = 0;
  double measured_ms = 0;
  std::size_t processes = 0;
  for (const Json& record : run.cells) {
    const double measured = record.at("measured_ms");
    const double elapsed = record.at("elapsed_ms");
    EXPECT_GT(measured, 0);
    EXPECT_LT(measured, elapsed);
    measured_ms += measured;
    elapsed_ms += elapsed;
    processes += record.at("time").at("samples").size();
  }
  EXPECT_LT(elapsed_ms, wall_ms);
  const auto cells = static_cast<double>(run.cells.size());
  const double overhead_ms = (wall_ms - measured_ms) / cells;
  fmt::print("{:.1f} ms a cell beside the measured work ({:.1f} of it in worker processes, {:.1f} a cell)\n",
             overhead_ms, (elapsed_ms - measured_ms) / cells, static_cast<double>(processes) / cells);
  return overhead_ms;
}

TEST(Overhead, IsWhatMeasuredWorkLeavesOfTheSweep) {
  overhead_of(
      "--backend full,sparse --pattern causal --seqlen 64,128 --min-time 0.002 --rounds 8 --max-rounds 8");
}

/// With the default rounds. A noisy machine needs up to four times as many processes, which is also more
/// measured work. Measures the build under test, or the one that ATTNLAB_COMMAND names, such as the release
/// build.
TEST(NightlyOverhead, IsSmallAtDefaultRounds) {
  if (std::getenv("ATTNLAB_OVERHEAD") == nullptr) GTEST_SKIP() << "ctest -C nightly -L nightly";
  EXPECT_LT(overhead_of("--backend full,chunked,window,sparse --pattern causal --seqlen 256:2048:x2 "
                        "--max-rounds 12 --retries 0"),
            most_ms_per_cell);
}

}  // namespace
}  // namespace attnlab
