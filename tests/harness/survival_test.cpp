// Sweeps that are interrupted and resumed: killed workers, killed sweeps, interrupts, full disks.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <random>
#include <set>
#include <thread>
#include <tuple>

#include "attnlab/core/block.h"
#include "attnlab/core/splitmix.h"
#include "harness/command.h"

namespace attnlab {
namespace {

using nlohmann::json;

/// Two cells that are slow enough to be interrupted.
const std::string slow_cells =
    " --variant softmax,sparsemax --seqlen 3000 --rounds 4 --max-rounds 4 --min-time 0.3 --heads 4 "
    "--aa-pairs 0 ";

/// A sweep in the background.
class Background {
 public:
  explicit Background(const std::filesystem::path& out, const std::string& options = slow_cells) {
    const std::string line = "exec " + std::string(std::getenv("ATTNLAB_COMMAND")) + " sweep " + options +
                             " --out " + out.string() + " > /dev/null 2>&1";
    pid_ = fork();
    if (pid_ == 0) {
      setpgid(0, 0);
      execl("/bin/sh", "sh", "-c", line.c_str(), static_cast<char*>(nullptr));
      _exit(127);
    }
  }
  pid_t pid() const { return pid_; }
  /// The process that forks the workers, or the worker, as soon as it exists; 0 if it does not within
  /// `patience`.
  pid_t launcher(std::chrono::milliseconds patience = std::chrono::seconds(5)) const {
    return within(patience, [&] { return child_of(pid_); });
  }
  pid_t worker(std::chrono::milliseconds patience = std::chrono::seconds(5)) const {
    return within(patience, [&]() -> pid_t {
      const pid_t child = child_of(child_of(pid_));
      return child > 0 && read_file("/proc/" + std::to_string(child) + "/comm") == "attnlab-worker\n" ? child
                                                                                                      : 0;
    });
  }
  int wait() const {
    int status = 0;
    waitpid(pid_, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  static pid_t child_of(pid_t parent) {
    const std::string process = std::to_string(parent);
    std::ifstream children("/proc/" + process + "/task/" + process + "/children");
    pid_t child = 0;
    children >> child;
    return child;
  }
  template <class Find>
  static pid_t within(std::chrono::milliseconds patience, Find find) {
    for (const auto end = std::chrono::steady_clock::now() + patience;;) {
      if (const pid_t found = find(); found > 0) return found;
      if (std::chrono::steady_clock::now() > end) return 0;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }

  pid_t pid_ = 0;
};

/// Whether the process has ended, even if init has not reaped it.
void expect_gone(pid_t process) {
  const auto runs = [&] {
    const std::string stat = read_file("/proc/" + std::to_string(process) + "/stat");
    return !stat.empty() && stat.find(") Z ") == std::string::npos;
  };
  for (int trial = 0; trial < 300 && runs(); ++trial)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_FALSE(runs()) << "the worker outlived its sweep";
}

TEST(Survival, KilledAndCrashedWorkersAreRecords) {
  // A sanitizer turns SIGSEGV into an exit status.
  const int crash = ATTNLAB_SANITIZED ? SIGABRT : SIGSEGV;
  for (const auto& [killed, signal, status] : {std::tuple{&Background::worker, SIGKILL, "out_of_memory"},
                                               std::tuple{&Background::worker, crash, "crashed"},
                                               std::tuple{&Background::launcher, SIGKILL, "out_of_memory"}}) {
    const TemporaryDirectory directory;
    const Background sweep(directory / "run");
    const pid_t process = (sweep.*killed)(std::chrono::seconds(5));
    ASSERT_GT(process, 0);
    kill(process, signal);
    EXPECT_EQ(sweep.wait(), 3);
    const std::vector<json> list = records(directory / "run");
    ASSERT_EQ(list.size(), 2U);
    EXPECT_EQ(list[0].at("status"), status);
    EXPECT_NE(list[0].at("reason").get<std::string>(), "");
    EXPECT_EQ(list[1].at("status"), "ok");
  }
}

TEST(Survival, InterruptStopsTheWorkerAndKeepsTheRecords) {
  const TemporaryDirectory directory;
  const Background sweep(directory / "run");
  const pid_t worker = sweep.worker();
  ASSERT_GT(worker, 0);
  kill(sweep.pid(), SIGINT);
  EXPECT_EQ(sweep.wait(), 130);
  expect_gone(worker);
  EXPECT_EQ(records(directory / "run").size(), 0U);
}

TEST(Survival, ASweepEndsWithTheNextCommand) {
  const TemporaryDirectory directory;
  const std::string cells =
      "--seqlen 32:512:x2 --out '" + (directory / "a run").string() + "'" + short_rounds;
  const Result full = command("sweep " + cells, "trap '' XFSZ; ulimit -f 16;");
  const auto last_line = [](const std::string& text) {
    const std::size_t start = text.rfind('\n', text.size() - 2);
    return text.substr(start + 1);
  };
  ASSERT_EQ(last_line(full.err),
            "next: attnlab sweep --resume --out '" + (directory / "a run").string() + "'\n");
  const std::string program = std::getenv("ATTNLAB_COMMAND");
  const auto follow = [&](const std::string& line) {
    const std::string next = last_line(line).substr(std::string("next: attnlab ").size());
    return command(next.substr(0, next.size() - 1));
  };
  const Result resumed = follow(full.err);
  ASSERT_EQ(resumed.status, 0) << resumed.err;
  EXPECT_EQ(last_line(resumed.out), "next: attnlab report '" + (directory / "a run").string() + "'\n");
  EXPECT_EQ(follow(resumed.out).status, 0);
  EXPECT_TRUE(std::filesystem::exists(directory / "a run/report.html"));
}

TEST(Survival, ASweepWithoutOutMakesItsDirectory) {
  const TemporaryDirectory directory;
  const std::string here = "cd " + directory.path().string() + " &&";
  for (int run = 0; run < 2; ++run) {
    const Result result = command("sweep --seqlen 16" + short_rounds, here);
    ASSERT_EQ(result.status, 0) << result.err;
    EXPECT_NE(result.out.find("next: attnlab report results/2"), std::string::npos) << result.out;
  }
  const auto made = std::filesystem::directory_iterator(directory / "results");
  EXPECT_EQ(std::distance(made, std::filesystem::directory_iterator()), 2);
}

TEST(Survival, SignalsEndTheCommandInWhateverItDoes) {
  // A regular expression that backtracks for hours.
  const std::string sweep =
      "sweep --variant 'scaled_dot|softcap(30)|causal&window(512)|entmax(1.5)' --filter '(.+)+!' --out x";
  for (const char* signal : {"INT", "TERM"}) {
    const Result result = command(sweep, std::string("timeout --preserve-status -k 5 -s ") + signal + " 0.5");
    EXPECT_EQ(result.status, 130) << signal;
    EXPECT_EQ(result.err, "attnlab: interrupted\n") << signal;
  }
}

TEST(Survival, SignalsEndASweepThatMeasuresNothing) {
  const TemporaryDirectory directory;
  const Background sweep(directory / "run", "--seqlen 1:20000:+1 --heads 1 --memory-limit 1");
  while (read_file(directory / "run/records.jsonl").empty())
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  kill(sweep.pid(), SIGINT);
  EXPECT_EQ(sweep.wait(), 130);
  const std::string text = read_file(directory / "run/records.jsonl");
  EXPECT_EQ(text.back(), '\n') << "the last record is whole";
  EXPECT_LT(records(directory / "run").size(), 20000U);
}

TEST(Survival, StandardErrorThatCannotBeWrittenEndsNoSweep) {
  for (const char* redirection :
       {"> /dev/null 2> /dev/full", "> /dev/null 2>&-", "<&- >&- 2>&-", "2>&1 > /dev/null | true"}) {
    const TemporaryDirectory directory;
    const std::string line = std::string(std::getenv("ATTNLAB_COMMAND")) + " sweep --seqlen 16,32 --out " +
                             (directory / "run").string() + short_rounds + redirection;
    const int status = std::system(line.c_str());
    EXPECT_EQ(status, 0) << redirection;
    EXPECT_EQ(records(directory / "run").size(), 2U) << redirection;
    const std::string lock = read_file(directory / "run/lock");
    EXPECT_EQ(lock.find_first_not_of("0123456789\n"), std::string::npos) << redirection << lock;
  }
}

TEST(Survival, ADryRunIsInterrupted) {
  const TemporaryDirectory directory;
  const Background dry_run(directory / "run", "--variant softmax --seqlen 65536 --min-time 60 --dry-run");
  ASSERT_GT(dry_run.worker(), 0);
  kill(dry_run.pid(), SIGINT);
  EXPECT_EQ(dry_run.wait(), 130);
}

TEST(Survival, WorkersDieWithTheirSweep) {
  const TemporaryDirectory directory;
  const Background sweep(directory / "run");
  const pid_t worker = sweep.worker();
  ASSERT_GT(worker, 0);
  kill(sweep.pid(), SIGKILL);
  sweep.wait();
  expect_gone(worker);
}

TEST(Survival, MemoryThatEndsIsARecord) {
  if (ATTNLAB_SANITIZED) GTEST_SKIP() << "no limit of memory under a sanitizer";
  // Predicted to fit, since the prediction does not include the heap of the oracle.
  const Result result = command(
      "run --json --engine reference --seqlen 20000 --heads 1 --head-dim 64 --rounds 1 --max-rounds 1 "
      "--memory-limit 38M --time-limit 60");
  EXPECT_EQ(result.status, 3) << result.err;
  EXPECT_EQ(json::parse(result.out).at("status"), "out_of_memory") << result.out;
  EXPECT_EQ(json::parse(result.out).at("reason"),
            "workspace and heap of the engine did not fit into the memory limit");
}

TEST(Survival, StatisticsOfRowsAreInThePrediction) {
  // 16 MiB of inputs and workspace, and more than that for the statistics of 8 x 65536 rows.
  const std::string cell =
      "--head-dim 1 --seqlen 65536 --pattern 'window(8)' --rounds 1 --max-rounds 1 --min-time 0.001 ";
  const Result small = command("run --json --memory-limit 40M " + cell);
  const json record = json::parse(small.out);
  EXPECT_EQ(record.at("status"), "predicted_too_large");
  EXPECT_NE(record.at("reason").get<std::string>().find("statistics of all rows 1"), std::string::npos)
      << record.at("reason");
  if (ATTNLAB_SANITIZED) return;
  // What is predicted to fit does: a quarter more is for the process itself.
  const std::string needed = record.at("reason").get<std::string>();
  const double mib = std::stod(needed);
  EXPECT_NE(needed.find("MiB needed"), std::string::npos) << needed;
  const Result enough =
      command("run --json --memory-limit " + std::to_string(static_cast<int>(1.25 * mib)) + "M " + cell);
  EXPECT_EQ(json::parse(enough.out).at("status"), "ok") << enough.out;
}

TEST(Survival, FullDiskLosesNothingThatWasWritten) {
  const TemporaryDirectory directory;
  const std::string out = (directory / "run").string();
  // Limits files to 8 KiB: two records fit. The signal of the limit is ignored, so that writes fail as on a
  // full disk.
  const Result result =
      command("sweep --seqlen 32:512:x2 --out " + out + short_rounds, "trap '' XFSZ; ulimit -f 16;");
  EXPECT_EQ(result.status, 3) << result.err;
  EXPECT_NE(result.err.find("cannot write a record to"), std::string::npos) << result.err;
  const std::string text = read_file(directory / "run/records.jsonl");
  ASSERT_FALSE(text.empty());
  EXPECT_EQ(text.back(), '\n');
  EXPECT_GE(records(directory / "run").size(), 1U);
  EXPECT_LT(records(directory / "run").size(), 5U);
}

const std::string quick_cells =
    "--backend chunked,sparse --pattern causal --seqlen 16:400:+16 --threads 1 --heads 2 --rounds 1 "
    "--max-rounds 1 --retries 0 --min-time 0.001 ";

std::set<std::string> lines_of(const std::string& text) {
  std::set<std::string> lines;
  for (std::size_t start = 0, end; (end = text.find('\n', start)) != std::string::npos; start = end + 1)
    lines.insert(text.substr(start, end - start));
  return lines;
}

TEST(Resume, RunsWhatIsMissingAndNothingElse) {
  const TemporaryDirectory directory;
  const std::string out = "--out " + (directory / "run").string();
  ASSERT_EQ(command("sweep --seqlen 16:128:x2 " + short_rounds + out).status, 0);
  const std::string whole = read_file(directory / "run/records.jsonl");
  // One complete record; the second is cut in the middle.
  const std::size_t first = whole.find('\n') + 1;
  write_file(directory / "run/records.jsonl", whole.substr(0, first + 100));
  const Result result = command("sweep --resume " + out);
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.err.find("1 record set aside"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("half-written"), std::string::npos) << result.err;
  EXPECT_EQ(read_file(directory / "run/set-aside.jsonl"), whole.substr(first, 100) + "\n");
  const std::string after = read_file(directory / "run/records.jsonl");
  EXPECT_EQ(after.substr(0, first), whole.substr(0, first));
  const std::vector<json> list = records(directory / "run");
  ASSERT_EQ(list.size(), 4U);
  std::set<std::string> keys;
  for (const json& record : list) keys.insert(record.at("resume_key"));
  EXPECT_EQ(keys.size(), 4U);
  // No cell is left to run.
  EXPECT_EQ(command("sweep --resume " + out).status, 0);
  EXPECT_EQ(read_file(directory / "run/records.jsonl"), after);
}

TEST(Resume, AWholeLastLineWithoutItsEndStands) {
  const TemporaryDirectory directory;
  const std::string out = "--out " + (directory / "run").string();
  ASSERT_EQ(command("sweep --seqlen 16,32 " + short_rounds + out).status, 0);
  const std::string whole = read_file(directory / "run/records.jsonl");
  write_file(directory / "run/records.jsonl", whole.substr(0, whole.size() - 1));
  ASSERT_EQ(command("sweep --resume " + out).status, 0);
  EXPECT_EQ(read_file(directory / "run/records.jsonl"), whole);
}

TEST(Resume, KeepsToTheOptionsOfTheRun) {
  const TemporaryDirectory directory;
  const std::string out = "--out " + (directory / "run").string();
  ASSERT_EQ(command("sweep --seqlen 16,32 " + short_rounds + out).status, 0);
  EXPECT_EQ(command("sweep --resume --seqlen 16,32 " + out).status, 0);
  const Result other = command("sweep --resume --seqlen 16,64 " + out);
  EXPECT_EQ(other.status, 2);
  for (const char* text : {"seqlen", "'16,64'", "was started with '16,32'"})
    EXPECT_NE(other.err.find(text), std::string::npos) << other.err;
  EXPECT_EQ(command("sweep --retry-failed --seqlen 16 " + out).status, 2);
}

TEST(Resume, OtherInputIsMeasuredAgainAndAnotherCpuRefused) {
  const TemporaryDirectory directory;
  const auto write_input = [&](char value) {
    std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 16, 4), }";
    header.append(117 - header.size(), ' ');
    for (const char* which : {"q", "k", "v"})
      write_file(directory / (std::string("x_") + which + ".npy"),
                 std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(118) + '\0' + header + '\n' +
                     std::string(256, value));
  };
  const std::string out = "--out " + (directory / "run").string();
  write_input(1);
  ASSERT_EQ(command("sweep --rounds 1 --max-rounds 1 --min-time 0.001 --input npy:" +
                    (directory / "x ").string() + out)
                .status,
            0);
  const std::string before = read_file(directory / "run/records.jsonl");
  write_input(2);
  const Result result = command("sweep --resume " + out);
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.err.find("of another build, input or schema"), std::string::npos) << result.err;
  EXPECT_EQ(read_file(directory / "run/set-aside.jsonl"), before);
  json moved = records(directory / "run").at(0);
  moved["machine"]["cpu"] = "Z80";
  write_file(directory / "run/records.jsonl", moved.dump() + "\n");
  EXPECT_EQ(command("sweep --resume " + out).status, 2);
}

TEST(Resume, FailedCellsAreRetriedWhenAsked) {
  const TemporaryDirectory directory;
  const std::string options =
      "--variant softmax,sparsemax --seqlen 700 --rounds 3 --max-rounds 3 --min-time 0.3 --heads 1";
  const Background sweep(directory / "run", options);
  const pid_t worker = sweep.worker();
  ASSERT_GT(worker, 0);
  kill(worker, SIGKILL);
  ASSERT_EQ(sweep.wait(), 3);
  const std::string resume = "sweep --resume --out " + (directory / "run").string();
  EXPECT_EQ(command(resume).status, 3);
  EXPECT_EQ(command(resume + " --retry-failed").status, 0);
  const std::vector<json> list = records(directory / "run");
  ASSERT_EQ(list.size(), 2U);
  for (const json& record : list) EXPECT_EQ(record.at("status"), "ok");
  EXPECT_EQ(lines_of(read_file(directory / "run/set-aside.jsonl")).size(), 1U);
}

TEST(Resume, ASecondSweepIsRefused) {
  const TemporaryDirectory directory;
  const Background sweep(directory / "run");
  ASSERT_GT(sweep.worker(), 0);
  const Result second = command("sweep --resume" + slow_cells + "--out " + (directory / "run").string());
  EXPECT_EQ(second.status, 2);
  EXPECT_NE(second.err.find("another sweep (process " + std::to_string(sweep.pid()) + ") is writing into it"),
            std::string::npos)
      << second.err;
  kill(sweep.pid(), SIGINT);
  EXPECT_EQ(sweep.wait(), 130);
}

TEST(Resume, AfterAFullDisk) {
  const TemporaryDirectory directory;
  const std::string out = "--out " + (directory / "run").string();
  ASSERT_EQ(command("sweep --seqlen 32:512:x2 " + out + short_rounds, "trap '' XFSZ; ulimit -f 16;").status,
            3);
  const std::set<std::string> before = lines_of(read_file(directory / "run/records.jsonl"));
  ASSERT_EQ(command("sweep --resume " + out).status, 0);
  EXPECT_EQ(records(directory / "run").size(), 5U);
  const std::set<std::string> after = lines_of(read_file(directory / "run/records.jsonl"));
  EXPECT_TRUE(std::includes(after.begin(), after.end(), before.begin(), before.end()));
}

/// Kills sweeps or their workers at random moments, ATTNLAB_KILLS times (`ctest -C nightly`) or a few, and
/// resumes them until all cells have figures.
TEST(RandomKills, LoseNothingAndRepeatNothing) {
  const char* const asked = std::getenv("ATTNLAB_KILLS");
  const int kills = asked ? std::atoi(asked) : 8;
  const TemporaryDirectory work;
  SplitMix random(std::random_device{}());
  int done = 0;
  for (int sweep_number = 0; done < kills; ++sweep_number) {
    const std::filesystem::path out = work / std::to_string(sweep_number);
    std::set<std::string> finished;
    int status = -1;
    while (status != 0) {
      const Background sweep(out, quick_cells + "--resume --retry-failed");
      if (done < kills) {
        std::this_thread::sleep_for(std::chrono::microseconds(random.next() % 1000000));
        const int how = static_cast<int>(random.next() % 4);
        const pid_t worker = how == 0 ? sweep.worker(std::chrono::milliseconds(50)) : 0;
        kill(worker > 0 ? worker : sweep.pid(), how == 1 ? SIGINT : SIGKILL);
        ++done;
      }
      status = sweep.wait();
      const std::set<std::string> now = lines_of(read_file(out / "records.jsonl"));
      EXPECT_TRUE(std::includes(now.begin(), now.end(), finished.begin(), finished.end()))
          << "a finished cell was lost or run again";
      finished.clear();
      for (const std::string& line : now)
        if (json::parse(line).at("status") == "ok") finished.insert(line);
      ASSERT_TRUE(status == 0 || status == 3 || status == 130 || status == 128 + SIGKILL) << status;
    }
    const std::vector<json> list = records(out);
    std::set<std::string> cells;
    for (const json& record : list) cells.insert(record.at("id"));
    EXPECT_EQ(list.size(), 50U);
    EXPECT_EQ(cells.size(), 50U);
  }
}

}  // namespace
}  // namespace attnlab
