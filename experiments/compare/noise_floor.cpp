#include "compare/noise_floor.h"

#include <algorithm>
#include <map>

#include "compare/verdict.h"
#include "records/analysis.h"
#include "records/samples.h"

namespace attnlab {

std::optional<double> noise_floor(const std::vector<Json>& records, const std::vector<Json>& twins) {
  std::map<std::string, const Json*> cells;
  for (const Json& record : records)
    if (record.at("status") == "ok" && !is_twin(record)) cells[pair_key(record)] = &record;
  std::optional<double> floor;
  for (const Json& twin : twins) {
    const auto found = cells.find(pair_key(twin));
    if (twin.at("status") != "ok" || found == cells.end()) continue;
    const TimeRatio ratio = compare_times(*found->second, twin, 0);
    const double least = ratio.clean < fewest_clean ? default_noise_floor : least_noise_floor;
    floor = std::max({floor.value_or(0), least, ratio.interval.high - 1, 1 / ratio.interval.low - 1});
  }
  return floor;
}

}  // namespace attnlab
