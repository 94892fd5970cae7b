#include "noise_floor.h"

#include <algorithm>
#include <map>

namespace attnlab {

std::string pair_key(const Json& record) {
  Json cell = record.at("cell");
  cell.erase("twin");
  return record.at("engine").dump() + record.at("backend").dump() + record.at("variant").dump() +
         cell.dump() + record.at("input").at("name").dump() + record.value("run", "");
}

bool is_twin(const Json& record) { return record.at("cell").value("twin", false); }

std::optional<double> noise_floor(const std::vector<Json>& records, const std::vector<Json>& twins) {
  std::map<std::string, double> medians;
  for (const Json& record : records)
    if (record.at("status") == "ok" && !is_twin(record))
      medians[pair_key(record)] = record.at("time").at("median_ns");
  std::optional<double> floor;
  for (const Json& twin : twins) {
    const auto found = medians.find(pair_key(twin));
    if (twin.at("status") != "ok" || found == medians.end()) continue;
    const double above = twin.at("time").at("median_ns").get<double>() / found->second;
    floor = std::max({floor.value_or(least_noise_floor), above - 1, 1 / above - 1});
  }
  return floor;
}

}  // namespace attnlab
