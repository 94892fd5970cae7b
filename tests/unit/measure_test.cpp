// The instruments: they count allocated memory and time work.
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "attnlab/core/block.h"
#include "attnlab/core/splitmix.h"
#include "attnlab/core/workspace.h"
#include "attnlab/measure/bootstrap.h"
#include "attnlab/measure/cgroup.h"
#include "attnlab/measure/disturbance.h"
#include "attnlab/measure/heap.h"
#include "attnlab/measure/machine.h"
#include "attnlab/measure/resident.h"
#include "attnlab/measure/sampler.h"
#include "support/temporary_directory.h"

namespace attnlab {
namespace {

constexpr std::size_t block_bytes = std::size_t{24} << 20;

TEST(Heap, PeakSeesWhatWasFreedAgain) {
  if (!heap_bytes()) GTEST_SKIP() << "a sanitizer owns the heap";
  const std::int64_t before = *heap_bytes();
  reset_heap_peak();
  { const std::vector<char> block(block_bytes, 1); }
  void* aligned = nullptr;
  ASSERT_EQ(posix_memalign(&aligned, 64, block_bytes / 2), 0);
  free(aligned);
  EXPECT_NEAR(static_cast<double>(*heap_peak_bytes() - before), static_cast<double>(block_bytes), 65536);
  EXPECT_NEAR(static_cast<double>(*heap_bytes()), static_cast<double>(before), 65536);
}

TEST(Resident, PeakSeesTouchedPages) {
  if (!reset_resident_peak()) GTEST_SKIP() << "/proc/self/clear_refs cannot be written here";
  const std::int64_t before = *resident_bytes();
  {
    std::vector<char> block(block_bytes);
    std::memset(block.data(), 1, block.size());
  }
  EXPECT_GT(*resident_peak_bytes() - before, static_cast<std::int64_t>(block_bytes * 9 / 10));
}

TEST(Workspaces, CountRoundedBytes) {
  Workspace workspace;
  workspace.allocate<float>(1);
  workspace.allocate_bytes(65);
  workspace.allocate_bytes(0);
  EXPECT_EQ(workspace.bytes(), 64 + 128);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(workspace.allocate_bytes(3)) % 64, 0U);
}

TEST(Workspaces, KeepWhatIsReservedTogether) {
  if (ATTNLAB_SANITIZED) GTEST_SKIP() << "every block is on its own under a sanitizer";
  Workspace workspace;
  workspace.reserve(64 + 128);
  std::byte* const first = workspace.allocate_bytes(1);
  EXPECT_EQ(workspace.allocate_bytes(128), first + 64);
  EXPECT_EQ(workspace.bytes(), 64 + 128);
  workspace.allocate_bytes(block_bytes)[block_bytes - 1] = std::byte{1};
  EXPECT_EQ(workspace.bytes(), 64 + 128 + static_cast<std::int64_t>(block_bytes));
}

TEST(Workspaces, ThatMeasureCountAndAllocateNothing) {
  Workspace workspace = Workspace::measuring();
  workspace.reserve(std::int64_t{1} << 60);
  EXPECT_TRUE(workspace.allocate<double>(std::int64_t{1} << 50).empty());
  EXPECT_EQ(workspace.allocate_bytes(1), nullptr);
  EXPECT_EQ(workspace.bytes(), (std::int64_t{1} << 53) + 64);
}

TEST(Blocks, OfHugePagesAreCounted) {
  if (ATTNLAB_SANITIZED) GTEST_SKIP() << "blocks come from the sanitizer";
  const std::int64_t before = *heap_bytes();
  {
    const Block block = allocate_block(block_bytes + 1);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block.get()) % (std::uintptr_t{2} << 20), 0U);
    block[block_bytes] = std::byte{1};
    EXPECT_NEAR(static_cast<double>(*heap_bytes() - before), static_cast<double>(block_bytes), 65536);
  }
  EXPECT_NEAR(static_cast<double>(*heap_bytes()), static_cast<double>(before), 65536);
}

TEST(Sampler, LastsAndLeavesTheWarmUpOut) {
  int calls = 0;
  const Sample taken = sample(
      [&] {
        ++calls;
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
      },
      0.02);
  EXPECT_GE(taken.time_ns, 2e6);
  EXPECT_GE(taken.wall_ns, 0.02e9);
  EXPECT_GE(taken.wall_ns, static_cast<double>(taken.iterations) * 2e6);
  EXPECT_GE(calls, taken.iterations + 2) << "calls to warm up come first";
  EXPECT_GE(taken.work_ns, taken.wall_ns + 2 * 2e6);
}

TEST(Sampler, CountsWhatIsSpentInItsPiecesAlone) {
  volatile unsigned spin = 0;
  const Sample taken = sample(
      [&] {
        const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(100);
        while (std::chrono::steady_clock::now() < end) spin = spin + 1;
      },
      0.01);
  const Counters& counters = taken.disturbance.counters;
  EXPECT_GT(counters.cpu_ns, 0);
  // Reading the counters takes part of the time, at most 0.1 ms for each piece.
  EXPECT_LT(counters.cpu_ns, 1.02 * taken.wall_ns + 15 * 1e5);
  EXPECT_GE(counters.waited_ns.value_or(0), 0);
}

TEST(Sampler, DoesNotCountWhatHappensForLessThanHalfOfIt) {
  int calls = 0;
  const Sample taken = sample(
      [&] {
        const bool slow = ++calls > 30 && calls <= 36;
        std::this_thread::sleep_for(std::chrono::milliseconds(slow ? 100 : 1));
      },
      0.1);
  EXPECT_GE(calls, 45);
  EXPECT_LT(taken.time_ns, taken.wall_ns / static_cast<double>(taken.iterations) / 2) << "half of the mean";
}

TEST(Sampler, OfALongCallIsOne) {
  int calls = 0;
  const Sample taken = sample(
      [&] {
        ++calls;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      },
      0.001);
  EXPECT_EQ(taken.iterations, 1);
  EXPECT_EQ(calls, 2);
}

TEST(Median, OfOddAndEvenCounts) {
  EXPECT_EQ(median({3, 1, 2}), 2);
  EXPECT_EQ(median({4, 1, 2, 3}), 2.5);
}

TEST(Bootstrap, CoversTheTruthAndNarrowsWithSamples) {
  SplitMix random(7);
  const auto draw = [&](std::size_t count, double scale) {
    std::vector<double> values(count);
    for (double& value : values) value = scale * (1 + 0.1 * (random.uniform() - 0.5));
    return values;
  };
  int covered = 0;
  for (int trial = 0; trial < 100; ++trial) {
    const Interval interval = ratio_interval(draw(10, 100), draw(10, 150));
    covered += interval.low <= 1.5 && 1.5 <= interval.high;
  }
  EXPECT_GE(covered, 95);
  // Medians of nine draws from 1 … 9: at most 1 in 0.15 %, at most 2 in 3 % of the cases.
  const Interval ranks = median_interval(std::vector<double>{9, 1, 8, 2, 7, 3, 6, 4, 5});
  EXPECT_EQ(ranks.low, 2);
  EXPECT_EQ(ranks.high, 8);
  const Interval pair = median_interval(std::vector<double>{3, 1});
  EXPECT_EQ(pair.low, 1);
  EXPECT_EQ(pair.high, 3);
  const Interval few = median_interval(draw(5, 1));
  const Interval many = median_interval(draw(200, 1));
  EXPECT_LT(many.high - many.low, few.high - few.low);
}

TEST(Disturbance, NamesItsReasons) {
  const Disturbance clean{{1e8, 0.0, 9e5, 40, 0, 0}, 3e5, 3e5};
  EXPECT_TRUE(disturbance_reasons(clean, 1e8, 1, 3e5).empty()) << "switched often, and back at once";
  const Disturbance all{{1e8, 2e7, 2e6, 1, 3, 0}, 3e5, 4e5};
  EXPECT_EQ(disturbance_reasons(all, 1e8, 1, 3e5),
            (std::vector<std::string>{"stolen", "preempted", "page_faults", "slow_clock"}));
  const Disturbance unknown{{1e8, std::nullopt, std::nullopt, 3, 0, std::nullopt}, 3e5, 3e5};
  EXPECT_TRUE(disturbance_reasons(unknown, 1e8, 1, 3e5).empty());
  const Disturbance switched{{1e8, std::nullopt, std::nullopt, 4, 0, std::nullopt}, 3e5, 3e5};
  EXPECT_EQ(disturbance_reasons(switched, 1e8, 1, 3e5), std::vector<std::string>{"preempted"});
}

TEST(Counters, CountThisProcess) {
  const Counters before = read_counters();
  EXPECT_GT(calibration_ns(), 1e4);
  const Counters spent = read_counters() - before;
  EXPECT_GE(spent.cpu_ns, 0);
  EXPECT_GE(spent.involuntary_switches, 0);
  ASSERT_TRUE(spent.steal_ns.has_value());
  EXPECT_GE(*spent.steal_ns, 0);
  EXPECT_GE(spent.waited_ns.value_or(0), 0);
}

TEST(Machines, HaveCoresAndMemory) {
  EXPECT_GE(this_machine().cores, 1);
  EXPECT_GT(this_machine().memory_bytes, std::int64_t{1} << 28);
  EXPECT_NE(this_machine().cpu, "");
}

/// A tree of control groups with the given files.
class Cgroups : public ::testing::Test {
 protected:
  void file(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name) << text;
  }
  Cgroup find(const std::string& own) const {
    file("own", own);
    return find_cgroup(root_ / "own", root_ / "fs");
  }
  TemporaryDirectory root_;
};

TEST_F(Cgroups, OfVersion2) {
  file("fs/job/step/cpu.max", "25000 100000\n");
  file("fs/job/step/cpu.stat", "usage_usec 5\nnr_periods 9\nnr_throttled 4\n");
  file("fs/job/step/memory.max", "max\n");
  file("fs/job/cpu.max", "max 100000\n");
  file("fs/job/cpu.stat", "nr_throttled 7\n");
  file("fs/job/memory.max", "314572800\n");
  file("fs/job/memory.current", "104857600\n");
  file("fs/job/memory.stat", "anon 1\ninactive_file 4857600\n");
  const Cgroup cgroup = find("0::/job/step\n");
  EXPECT_EQ(cpu_quota(cgroup), 0.25);
  EXPECT_EQ(memory_limit_bytes(cgroup), 314572800);
  EXPECT_EQ(memory_left_bytes(cgroup), 314572800 - 100000000);
  EXPECT_EQ(throttled_periods(cgroup), 4) << "only groups with a quota are throttled";
  const Cgroup outside = find("0::/other\n");
  EXPECT_EQ(cpu_quota(outside), std::nullopt);
  EXPECT_EQ(memory_limit_bytes(outside), std::nullopt);
  EXPECT_EQ(memory_left_bytes(outside), std::nullopt);
  EXPECT_EQ(throttled_periods(outside), std::nullopt);
}

TEST_F(Cgroups, OfVersion1) {
  file("fs/cpu,cpuacct/job/cpu.cfs_quota_us", "150000\n");
  file("fs/cpu,cpuacct/job/cpu.cfs_period_us", "100000\n");
  file("fs/cpu,cpuacct/job/cpu.stat", "nr_periods 1\nnr_throttled 3\nthrottled_time 8\n");
  file("fs/cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
  file("fs/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
  file("fs/memory/job/memory.limit_in_bytes", "9223372036854771712\n");
  file("fs/memory/memory.limit_in_bytes", "1000000\n");
  file("fs/memory/memory.usage_in_bytes", "900000\n");
  file("fs/memory/memory.stat", "inactive_file 1\ntotal_inactive_file 300000\n");
  const std::string own = "9:name=systemd:/\n4:memory:/job\n2:cpu,cpuacct:/job\n0::/\n";
  EXPECT_EQ(cpu_quota(find(own)), 1.5);
  EXPECT_EQ(memory_limit_bytes(find(own)), 1000000);
  EXPECT_EQ(memory_left_bytes(find(own)), 1000000 - 600000);
  EXPECT_EQ(throttled_periods(find(own)), 3);
  // In a container the path is that of the host, and the mount is the group.
  const std::string in_container = "4:memory:/docker/0123\n2:cpu,cpuacct:/docker/0123\n";
  EXPECT_EQ(memory_limit_bytes(find(in_container)), 1000000);
  EXPECT_EQ(cpu_quota(find(in_container)), std::nullopt);
}

TEST_F(Cgroups, TheLowestLimitHoldsInnerOrOuter) {
  const auto limit = [&](const std::string& group, const char* quota_us, const char* bytes) {
    file("fs/" + group + "/cpu.max", std::string(quota_us) + " 100000\n");
    file("fs/" + group + "/memory.max", std::string(bytes) + "\n");
  };
  limit("inner", "200000", "3000000");
  limit("inner/step", "50000", "1000000");
  limit("outer", "50000", "1000000");
  limit("outer/step", "200000", "3000000");
  for (const char* own : {"0::/inner/step\n", "0::/outer/step\n"}) {
    const Cgroup cgroup = find(own);
    EXPECT_EQ(cpu_quota(cgroup), 0.5) << own;
    EXPECT_EQ(memory_limit_bytes(cgroup), 1000000) << own;
    EXPECT_EQ(memory_left_bytes(cgroup), 1000000) << own;
  }
}

TEST(Disturbance, ThrottledPeriodsMarkASample) {
  Disturbance disturbance{{0, 0, 0, 0, 0, std::nullopt}, 1, 1};
  EXPECT_TRUE(disturbance_reasons(disturbance, 1e8, 1, 1).empty());
  disturbance.counters.throttled_periods = 0;
  EXPECT_TRUE(disturbance_reasons(disturbance, 1e8, 1, 1).empty());
  disturbance.counters.throttled_periods = 1;
  EXPECT_EQ(disturbance_reasons(disturbance, 1e8, 1, 1), std::vector<std::string>{"throttled"});
  const Counters twice = Counters{0, 0, 0, 0, 0, 5} - Counters{0, 0, 0, 0, 0, 2};
  EXPECT_EQ(twice.throttled_periods, 3);
}

}  // namespace
}  // namespace attnlab
