#include "sweep/resume.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <set>
#include <stdexcept>

#include "attnlab/core/argument_error.h"
#include "attnlab/core/fnv.h"
#include "attnlab/core/isa.h"
#include "attnlab/engines/onednn_info.h"
#include "attnlab/measure/machine.h"
#include "cell/cell_inputs.h"
#include "cell/run_cell.h"
#include "options/notice.h"

namespace attnlab {

namespace {

std::uint64_t hash_of_file(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw std::runtime_error(fmt::format("cannot read {}: {}", file, std::strerror(errno)));
  std::uint64_t hash = fnv1a_start;
  std::vector<char> part(1 << 20);
  while (stream.read(part.data(), static_cast<std::streamsize>(part.size())), stream.gcount() > 0)
    hash = fnv1a(std::as_bytes(std::span(part).first(static_cast<std::size_t>(stream.gcount()))), hash);
  return hash;
}

/// Options that do not change the cells of the grid; they may differ when a sweep is resumed.
bool may_differ(const std::string& option) {
  static const std::set<std::string> names{"out",        "config",       "resume",  "retry-failed",
                                           "time-limit", "memory-limit", "dry-run", "quiet"};
  return names.contains(option);
}

}  // namespace

ResumeKeys::ResumeKeys()
    : build_(fmt::format("{:016x} {} {} {}", hash_of_file("/proc/self/exe"), to_string(isa_level()),
                         onednn_level(), onednn_version())) {}

std::string ResumeKeys::of(const Cell& cell) {
  std::string text = fmt::format("{}\n{}\n{}\n", to_json(cell).dump(), schema_version, build_);
  for (const std::string& file : input_files(cell)) {
    if (!files_.contains(file)) files_[file] = hash_of_file(file);
    text += fmt::format("{:016x}\n", files_[file]);
  }
  return fmt::format("{:016x}", fnv1a(std::as_bytes(std::span(text))));
}

bool says_what_to_run(const Settings& settings) {
  return std::any_of(settings.all().begin(), settings.all().end(), [&](const auto& option) {
    return settings.given(option.first) && !may_differ(option.first);
  });
}

Settings resumed_settings(const Settings& settings, const Json& run) {
  Settings resumed = settings;
  const auto begun = run.at("options").get<std::map<std::string, std::string>>();
  for (const auto& [name, value] : settings.all()) {
    if (may_differ(name) || !settings.given(name)) continue;
    const auto found = begun.find(name);
    if (found == begun.end() || found->second != value)
      throw ArgumentError(
          name, value,
          fmt::format("the run in {} was started {}", settings.text("out"),
                      found == begun.end() ? "without this option" : "with '" + found->second + "'"),
          "--resume without this option, or a new run in another directory");
  }
  for (const auto& [name, value] : begun)
    if (!may_differ(name)) resumed.set(name, value);
  return resumed;
}

bool is_failure(const Json& record) {
  const std::string status = record.at("status");
  if (status == "ok") return !record.at("error").at("within_budget").get<bool>();
  return status != "refused" && status != "predicted_too_large" && status != "predicted_too_slow";
}

std::map<std::string, Json> standing_records(RunDirectory& directory, const std::vector<std::string>& keys,
                                             bool retry_failed) {
  const std::set<std::string> wanted(keys.begin(), keys.end());
  const std::string cpu = this_machine().cpu;
  std::set<std::string> seen;
  const RunDirectory::Kept kept = directory.keep([&](const Json& record) -> std::string {
    const Json key = record.value("resume_key", Json());
    if (!key.is_string() || !wanted.contains(key.get<std::string>()))
      return "of another build, input or schema";
    if (const std::string measured_on = record.at("machine").at("cpu"); measured_on != cpu)
      throw ArgumentError(
          "out", directory.file().parent_path().string(),
          fmt::format("its records come from another CPU, {}; this one is {}", measured_on, cpu),
          "--resume on that CPU");
    if (!seen.insert(key.get<std::string>()).second) return "there twice";
    const bool retry = retry_failed && record.at("status") != "refused" &&
                       (is_failure(record) || record.at("status") != "ok");
    return retry ? "to be tried again" : "";
  });
  for (const auto& [why, count] : kept.set_aside)
    notice("attnlab: {} record{} set aside in {}: {}\n", count, count == 1 ? "" : "s",
           directory.set_aside_file().string(), why);
  std::map<std::string, Json> standing;
  for (const Json& record : kept.records) standing.emplace(record.at("resume_key"), record);
  return standing;
}

}  // namespace attnlab
