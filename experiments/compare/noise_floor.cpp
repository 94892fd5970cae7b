#include "compare/noise_floor.h"

#include <algorithm>
#include <map>

#include "compare/verdict.h"
#include "records/analysis.h"
#include "records/samples.h"

namespace attnlab {

std::vector<TimeRatio> undisturbed_pairs(const std::vector<Json>& records, const std::vector<Json>& twins) {
  std::map<std::string, const Json*> cells;
  for (const Json& record : records)
    if (record.at("status") == "ok" && !is_twin(record)) cells[pair_key(record)] = &record;
  std::vector<TimeRatio> pairs;
  for (const Json& twin : twins) {
    const auto found = cells.find(pair_key(twin));
    if (twin.at("status") != "ok" || found == cells.end()) continue;
    const TimeRatio ratio = compare_times(*found->second, twin, 0);
    if (has_interval(ratio) || !(is_disturbed(*found->second) || is_disturbed(twin))) pairs.push_back(ratio);
  }
  return pairs;
}

std::optional<double> noise_floor(const std::vector<Json>& records, const std::vector<Json>& twins) {
  std::optional<double> floor;
  for (const TimeRatio& ratio : undisturbed_pairs(records, twins))
    floor = std::max({floor.value_or(0), has_interval(ratio) ? least_noise_floor : default_noise_floor,
                      ratio.interval.high - 1, 1 / ratio.interval.low - 1});
  return floor;
}

}  // namespace attnlab
