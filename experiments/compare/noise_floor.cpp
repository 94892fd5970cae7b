#include "compare/noise_floor.h"

#include <algorithm>
#include <map>

#include "compare/comparison.h"
#include "records/analysis.h"

namespace attnlab {

std::optional<double> noise_floor(const std::vector<Json>& records, const std::vector<Json>& twins) {
  std::map<std::string, const Json*> cells;
  for (const Json& record : records)
    if (record.at("status") == "ok" && !is_twin(record)) cells[pair_key(record)] = &record;
  std::optional<double> floor;
  for (const Json& twin : twins) {
    const auto found = cells.find(pair_key(twin));
    if (twin.at("status") != "ok" || found == cells.end()) continue;
    const double ratio = compare_times(*found->second, twin, 0).value;
    floor = std::max({floor.value_or(least_noise_floor), ratio - 1, 1 / ratio - 1});
  }
  return floor;
}

}  // namespace attnlab
