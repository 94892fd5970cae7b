#include "cli/doctor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "attnlab/core/isa.h"
#include "attnlab/engines/onednn_info.h"
#include "attnlab/measure/cgroup.h"
#include "attnlab/measure/heap.h"
#include "attnlab/measure/machine.h"
#include "attnlab/measure/resident.h"
#include "attnlab/version.h"
#include "attnlab_build.h"
#include "cell/cell.h"
#include "records/quantities.h"
#include "sweep/conditions.h"

namespace attnlab {

namespace {

std::vector<std::string> spoiling_conditions(const Machine& machine,
                                             const std::optional<std::int64_t>& available,
                                             const std::optional<double>& load,
                                             const std::optional<std::string>& governor,
                                             const Cgroup& cgroup) {
  std::vector<std::string> warnings;
  if (const auto quota = cpu_quota(cgroup); quota && *quota < machine.cores)
    warnings.push_back(fmt::format(
        "a control group allows the time of {:g} CPUs, fewer than the {} cores: more threads are throttled",
        *quota, machine.cores));
  if (const auto limit = memory_limit_bytes(cgroup); limit && *limit < machine.memory_bytes)
    warnings.push_back(fmt::format("a control group allows {} of memory: processes beyond it are killed",
                                   format_bytes(*limit)));
  if (const auto disturbed = disturbing_load(load)) warnings.push_back(*disturbed);
  if (governor && *governor != "performance")
    warnings.push_back(fmt::format("frequency governor {}: 'performance' is steadier", *governor));
  if (!governor)
    warnings.push_back("the frequency governor cannot be read: the clock rate may change unnoticed");
  if (machine.cores < 2) warnings.push_back("one core: the operating system's work disturbs every sample");
  if (available && *available < (std::int64_t{4} << 30))
    warnings.push_back(fmt::format("only {} of memory available", format_bytes(*available)));
  if (!reset_resident_peak())
    warnings.push_back("cannot write /proc/self/clear_refs: rss_delta_bytes will be null");
  if (!heap_bytes())
    warnings.push_back("built with a sanitizer: heap_peak_bytes will be null and times mean nothing");
  if (std::string_view(ATTNLAB_BUILD_TYPE) != "Release")
    warnings.push_back("build type " ATTNLAB_BUILD_TYPE ": times mean little");
  if (isa_level_is_forced())
    warnings.push_back(fmt::format("ATTNLAB_ISA holds the level at {}", to_string(isa_level())));
  return warnings;
}

}  // namespace

int doctor_command(const Settings& settings) {
  cap_onednn();
  const Machine machine = this_machine();
  std::vector<std::string> levels;
  for (const IsaLevel level : supported_isa_levels()) levels.emplace_back(to_string(level));
  const std::optional<std::int64_t> available = available_memory_bytes();
  const Cgroup cgroup = find_cgroup();
  const std::optional<double> load = load_average();
  const std::optional<std::string> governor =
      first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
  const std::optional<std::string> turbo = first_line("/sys/devices/system/cpu/intel_pstate/no_turbo");

  const std::vector<std::string> warnings = spoiling_conditions(machine, available, load, governor, cgroup);

  const auto or_null = [](const auto& value) { return value ? Json(*value) : Json(); };
  const Json report{{"cpu", machine.cpu},
                    {"cores", machine.cores},
                    {"levels", levels},
                    {"level", to_string(isa_level())},
                    {"onednn_version", onednn_version()},
                    {"onednn_level", onednn_level()},
                    {"memory_bytes", machine.memory_bytes},
                    {"memory_available_bytes", or_null(available)},
                    {"cpu_quota", or_null(cpu_quota(cgroup))},
                    {"memory_limit_bytes", or_null(memory_limit_bytes(cgroup))},
                    {"timer_resolution_ns", timer_resolution_ns()},
                    {"load_average", or_null(load)},
                    {"governor", or_null(governor)},
                    {"no_turbo", or_null(turbo)},
                    {"build_type", ATTNLAB_BUILD_TYPE},
                    {"git_revision", ATTNLAB_GIT_REVISION},
                    {"warnings", warnings}};
  if (settings.has("json")) {
    fmt::print("{}\n", report.dump(2));
    return 0;
  }
  fmt::print("CPU          {}, {} cores to use\n", machine.cpu, machine.cores);
  fmt::print("levels       {}; row code uses {}\n", fmt::join(levels, ", "), to_string(isa_level()));
  fmt::print("oneDNN       {} at {}\n", onednn_version(), onednn_level());
  fmt::print("memory       {}, {} available\n", format_bytes(machine.memory_bytes),
             available ? format_bytes(*available) : "not known");
  fmt::print("timer        {:.0f} ns\n", report.at("timer_resolution_ns").get<double>());
  fmt::print("load         {}\n", load ? fmt::format("{:.2f}", *load) : "not available");
  fmt::print("frequency    governor {}, no_turbo {}\n", governor.value_or("not available"),
             turbo.value_or("not available"));
  fmt::print("build        {} {}, revision {}\n", ATTNLAB_VERSION, ATTNLAB_BUILD_TYPE, ATTNLAB_GIT_REVISION);
  for (const std::string& warning : warnings) fmt::print("warning      {}\n", warning);
  if (warnings.empty()) fmt::print("no condition found that would spoil measurements\n");
  return 0;
}

}  // namespace attnlab
