// Commands that read records take seconds for many records: ATTNLAB_RECORDS of them (10 000 in `ctest -C
// nightly -L nightly`), or a few.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdlib>

#include "harness/command.h"
#include "harness/synthetic_run.h"

namespace attnlab {
namespace {

constexpr double most_seconds = 10;

/// User and system time of all ended child processes.
double children_cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_CHILDREN, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

TEST(ManyRecords, AreValidatedComparedAndReportedInSeconds) {
  const char* const asked = std::getenv("ATTNLAB_RECORDS");
  const std::int64_t count = asked ? std::atoll(asked) : 500;
  const TemporaryDirectory directory;
  ASSERT_EQ(command("sweep --backend sparse --pattern causal --seqlen 64 --rounds 8 --max-rounds 8 "
                    "--retries 0 --min-time 0.001 --aa-pairs 0 --out " +
                    (directory / "real").string())
                .status,
            0);
  const auto real = nlohmann::ordered_json::parse(read_file(directory / "real/records.jsonl"));
  const std::string a = (directory / "a").string();
  const std::string b = (directory / "b").string();
  write_synthetic_run(a, real, count, 1);
  write_synthetic_run(b, real, count, 2);
  // The commands have one thread, so their CPU time is the wall time on a quiet machine.
  const auto timed = [&](const std::string& arguments) {
    const auto start = std::chrono::steady_clock::now();
    const double before = children_cpu_seconds();
    Result result = command(arguments);
    const double cpu = children_cpu_seconds() - before;
    fmt::print("{} records: {} took {:.2f} s ({:.2f} s of CPU)\n", count,
               arguments.substr(0, arguments.find(' ')),
               std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(), cpu);
    EXPECT_EQ(result.status, 0) << arguments << "\n" << result.err;
    EXPECT_LT(cpu, most_seconds) << arguments;
    return result;
  };
  const Result valid = timed("validate " + a);
  const std::int64_t twins = (count + 999) / 1000;
  EXPECT_NE(valid.out.find(fmt::format("{} records, 0 invalid", count + twins)), std::string::npos)
      << valid.out.substr(0, 1000);
  const auto compared = nlohmann::json::parse(timed("compare " + a + " " + b + " --format json").out);
  EXPECT_EQ(static_cast<std::int64_t>(compared.at("cells").size()), count);
  EXPECT_EQ(compared.at("summary").at("SAME"), count) << "noise is 0.25 %";
  timed("report " + a);
}

}  // namespace
}  // namespace attnlab
