// Limits that control groups (cgroups, version 1 or 2) put on this process, as containers and batch systems
// do.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

namespace attnlab {

/// The directories of a group, and of the groups around it, for a controller.
struct Cgroup {
  std::vector<std::filesystem::path> cpu, memory;
};

/// The group of this process. `own`: as /proc/self/cgroup; `root`: where the groups are mounted.
Cgroup find_cgroup(const std::filesystem::path& own = "/proc/self/cgroup",
                   const std::filesystem::path& root = "/sys/fs/cgroup");

/// CPUs' worth of time that all threads together get in a period; nullopt: no quota.
std::optional<double> cpu_quota(const Cgroup& cgroup);

/// nullopt: no limit.
std::optional<std::int64_t> memory_limit_bytes(const Cgroup& cgroup);

/// What is left of the limit; the cache of files counts as left. nullopt: no limit.
std::optional<std::int64_t> memory_left_bytes(const Cgroup& cgroup);

/// Number of periods so far in which the group, or one around it, had used up its quota. nullopt: none has a
/// quota.
std::optional<std::int64_t> throttled_periods(const Cgroup& cgroup);

}  // namespace attnlab
