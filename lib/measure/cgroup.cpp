#include "attnlab/measure/cgroup.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

namespace attnlab {

namespace {

namespace fs = std::filesystem;

/// Version 1 shows the absence of a limit as the largest multiple of a page.
constexpr std::int64_t no_limit = std::int64_t{1} << 60;

/// The first number of a file; nullopt if there is none, as in `max`.
std::optional<std::int64_t> number_in(const fs::path& file) {
  std::ifstream stream(file);
  std::int64_t number = 0;
  if (stream >> number) return number;
  return std::nullopt;
}

/// The number after `key` in a file of lines `key number`.
std::optional<std::int64_t> number_of(const fs::path& file, std::string_view key) {
  std::ifstream stream(file);
  std::string name;
  std::int64_t number = 0;
  while (stream >> name >> number)
    if (name == key) return number;
  return std::nullopt;
}

/// Adds the directory of `group` beneath `mount`, and those around it. In a container `mount` may itself be
/// the directory of the group.
void add_directories(const fs::path& mount, const fs::path& group, std::vector<fs::path>& directories) {
  if (!fs::is_directory(mount)) return;
  for (fs::path inner = group.relative_path(); !inner.empty(); inner = inner.parent_path())
    if (fs::is_directory(mount / inner)) directories.push_back(mount / inner);
  directories.push_back(mount);
}

bool names(const std::string& controllers, std::string_view controller) {
  std::istringstream list(controllers);
  for (std::string name; std::getline(list, name, ',');)
    if (name == controller) return true;
  return false;
}

std::optional<double> quota_of(const fs::path& directory) {
  std::ifstream of_version_2(directory / "cpu.max");
  double quota = 0;
  double period = 0;
  if (of_version_2 >> quota >> period) return quota / period;
  const auto quota_us = number_in(directory / "cpu.cfs_quota_us");
  const auto period_us = number_in(directory / "cpu.cfs_period_us");
  if (!quota_us || !period_us || *quota_us < 0 || *period_us <= 0) return std::nullopt;
  return static_cast<double>(*quota_us) / static_cast<double>(*period_us);
}

std::optional<std::int64_t> limit_of(const fs::path& directory) {
  for (const char* file : {"memory.max", "memory.limit_in_bytes"})
    if (const auto limit = number_in(directory / file); limit && *limit < no_limit) return limit;
  return std::nullopt;
}

std::int64_t used_in(const fs::path& directory) {
  std::int64_t used = 0;
  for (const char* file : {"memory.current", "memory.usage_in_bytes"})
    if (const auto bytes = number_in(directory / file)) used = *bytes;
  for (const char* key : {"total_inactive_file", "inactive_file"})
    if (const auto bytes = number_of(directory / "memory.stat", key))
      return std::max<std::int64_t>(0, used - *bytes);
  return used;
}

/// The least value of `of` in the directories that have one.
template <class Of>
auto least(const std::vector<fs::path>& directories, Of of) {
  decltype(of(fs::path())) least;
  for (const fs::path& directory : directories)
    if (const auto value = of(directory); value && (!least || *value < *least)) least = value;
  return least;
}

}  // namespace

Cgroup find_cgroup(const fs::path& own, const fs::path& root) {
  Cgroup cgroup;
  std::ifstream stream(own);
  for (std::string line; std::getline(stream, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const fs::path group = line.substr(second + 1);
    if (controllers.empty()) {  // version 2
      add_directories(root, group, cgroup.cpu);
      add_directories(root, group, cgroup.memory);
      add_directories(root / "unified", group, cgroup.cpu);
      add_directories(root / "unified", group, cgroup.memory);
    }
    if (names(controllers, "cpu")) {
      add_directories(root / controllers, group, cgroup.cpu);
      if (controllers != "cpu") add_directories(root / "cpu", group, cgroup.cpu);
    }
    if (names(controllers, "memory")) add_directories(root / controllers, group, cgroup.memory);
  }
  // A directory may have several names.
  for (std::vector<fs::path>* directories : {&cgroup.cpu, &cgroup.memory}) {
    for (fs::path& directory : *directories) directory = fs::weakly_canonical(directory);
    std::sort(directories->begin(), directories->end());
    directories->erase(std::unique(directories->begin(), directories->end()), directories->end());
  }
  return cgroup;
}

std::optional<double> cpu_quota(const Cgroup& cgroup) { return least(cgroup.cpu, quota_of); }

std::optional<std::int64_t> memory_limit_bytes(const Cgroup& cgroup) {
  return least(cgroup.memory, limit_of);
}

std::optional<std::int64_t> memory_left_bytes(const Cgroup& cgroup) {
  return least(cgroup.memory, [](const fs::path& directory) -> std::optional<std::int64_t> {
    const auto limit = limit_of(directory);
    if (!limit) return std::nullopt;
    return std::max<std::int64_t>(0, *limit - used_in(directory));
  });
}

std::optional<std::int64_t> throttled_periods(const Cgroup& cgroup) {
  std::optional<std::int64_t> sum;
  for (const fs::path& directory : cgroup.cpu) {
    if (!quota_of(directory)) continue;
    if (const auto periods = number_of(directory / "cpu.stat", "nr_throttled"))
      sum = sum.value_or(0) + *periods;
  }
  return sum;
}

}  // namespace attnlab
