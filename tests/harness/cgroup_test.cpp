// Limits of control groups, as the command shows and heeds them.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "harness/command.h"

namespace attnlab {
namespace {

using nlohmann::json;

/// Runs the command where /sys/fs/cgroup is `root`.
Result command_in(const std::filesystem::path& root, const std::string& arguments) {
  return command(arguments, "unshare -rm sh -c 'mount --bind " + root.string() +
                                " /sys/fs/cgroup && exec \"$0\" \"$@\"' ");
}

TEST(Cgroups, LimitsAreShownAndHeeded) {
  if (std::system("unshare -rm sh -c 'mount --bind /tmp /sys/fs/cgroup' 2>/dev/null") != 0)
    GTEST_SKIP() << "no mounts of one's own here";
  const std::string own = read_file("/proc/self/cgroup");
  for (const bool version_2 : {false, true}) {
    if (own.find(version_2 ? "0::" : ":memory:") == std::string::npos) continue;
    const TemporaryDirectory root;
    for (const char* controller : {"cpu", "memory", "cpu,cpuacct"})
      std::filesystem::create_directory(root / controller);
    if (version_2) {
      write_file(root / "cpu.max", "25000 100000\n");
      write_file(root / "memory.max", "314572800\n");
      write_file(root / "memory.current", "4572800\n");
    } else {
      for (const char* controller : {"cpu", "cpu,cpuacct"}) {
        write_file(root / controller / "cpu.cfs_quota_us", "25000\n");
        write_file(root / controller / "cpu.cfs_period_us", "100000\n");
      }
      write_file(root / "memory" / "memory.limit_in_bytes", "314572800\n");
      write_file(root / "memory" / "memory.usage_in_bytes", "4572800\n");
    }
    const Result doctor = command_in(root.path(), "doctor --json");
    ASSERT_EQ(doctor.status, 0) << doctor.err;
    const json found = json::parse(doctor.out);
    EXPECT_EQ(found.at("cpu_quota"), 0.25);
    EXPECT_EQ(found.at("memory_limit_bytes"), 314572800);
    EXPECT_EQ(found.at("memory_available_bytes"), 310000000);
    EXPECT_NE(found.at("warnings").dump().find("0.25 CPUs"), std::string::npos);
    EXPECT_NE(found.at("warnings").dump().find("300 MiB of memory"), std::string::npos);
    const Result sweep = command_in(
        root.path(), "sweep --seqlen 16 --threads 2 --out " + (root / "run").string() + short_rounds);
    const std::string throttled = "2 threads share the time of 0.25 CPUs: a control group allows no more";
    EXPECT_NE(sweep.err.find("attnlab: warning: " + throttled), std::string::npos) << sweep.err;
    EXPECT_NE(records(root / "run").at(0).at("warnings").dump().find(throttled), std::string::npos);
    // Full needs 512 MiB for its logits.
    const Result run = command_in(root.path(), "run --json --backend full --heads 2 --seqlen 8192");
    EXPECT_EQ(json::parse(run.out).at("status"), "predicted_too_large") << run.out << run.err;
    EXPECT_NE(run.out.find("the memory limit is 236.5 MiB"), std::string::npos) << run.out;
  }
}

}  // namespace
}  // namespace attnlab
