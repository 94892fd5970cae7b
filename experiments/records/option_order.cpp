#include "records/option_order.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <optional>
#include <tuple>

#include "attnlab/core/argument_error.h"
#include "attnlab/engines/registry.h"
#include "records/series_names.h"

namespace attnlab {

namespace {

/// The options of the sweep; nullopt if run.json is missing or has none.
std::optional<Settings> options_of(const std::filesystem::path& directory) {
  std::ifstream stream(directory / "run.json");
  const Json run = Json::parse(stream, nullptr, false);
  if (!run.is_object() || !run.contains("options") || !run.at("options").is_object()) return std::nullopt;
  Settings settings;
  for (const auto& [name, value] : run.at("options").items())
    if (value.is_string()) settings.set(name, value.get<std::string>());
  settings.fall_back("backend", std::string(option_named("backend").fallback));
  return settings;
}

/// The place of every backend and variant in the options. Empty if they are not those of this version.
std::map<std::pair<std::string, std::string>, std::size_t> places(const std::filesystem::path& directory) {
  std::map<std::pair<std::string, std::string>, std::size_t> found;
  const std::optional<Settings> options = options_of(directory);
  if (!options) return found;
  try {
    for (const auto& series : series_in_order(*options)) found.emplace(series, found.size());
  } catch (const ArgumentError&) {
    // The options name a member that this version does not have.
  }
  return found;
}

}  // namespace

void sort_by_options(const std::filesystem::path& directory, std::vector<Json>& records) {
  const auto known = places(directory);
  const auto key = [&](const Json& record) {
    const Series series = series_of(record);
    const auto place = known.find({series.backend, series.variant});
    const std::span<const Backend> table = backends();
    const auto backend = std::find_if(table.begin(), table.end(),
                                      [&](const Backend& one) { return one.name == series.backend; });
    return std::tuple(place == known.end() ? known.size() : place->second, backend - table.begin(), series);
  };
  std::vector<std::pair<decltype(key(records.front())), std::size_t>> order;
  for (std::size_t at = 0; at < records.size(); ++at) order.emplace_back(key(records[at]), at);
  std::sort(order.begin(), order.end());
  std::vector<Json> sorted;
  for (const auto& [place, at] : order) sorted.push_back(std::move(records[at]));
  records = std::move(sorted);
}

}  // namespace attnlab
