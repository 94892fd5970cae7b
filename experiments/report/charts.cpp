#include "report/charts.h"

#include <algorithm>

#include "report/analysis.h"

namespace attnlab {

const std::vector<Chart>& charts() {
  static const std::vector<Chart> table{
      {"time", "Time of one call", "milliseconds", "time.median_ns", 1e6, "log", false, false},
      {"memory", "Workspace", "MiB", "memory.workspace_bytes", 0x1p20, "log", false, false},
      {"entropy", "Entropy", "nats", "dispersion.mean.entropy", 1, "linear", true, true},
      {"normalised_entropy", "Entropy ÷ ln of the visible keys", "share",
       "dispersion.mean.normalised_entropy", 1, "linear", true, false},
      {"participation", "Participation ratio", "keys", "dispersion.mean.participation_ratio", 1, "log", true,
       false},
      {"max_weight", "Largest weight", "weight", "dispersion.mean.max_weight", 1, "log", true, false},
      {"support", "Support", "keys with weight above 0", "dispersion.mean.support", 1, "log", true, false},
  };
  return table;
}

Json chart_model(const std::vector<Json>& records) {
  const SeriesNames names(records);
  const Conditions conditions(records);
  std::vector<std::string> variants;
  Json points = Json::array();
  for (std::size_t index = 0; index < records.size(); ++index) {
    const Json& record = records[index];
    if (record.at("status") != "ok") continue;
    const std::string variant = text_at(record, "variant");
    auto place = std::find(variants.begin(), variants.end(), variant);
    if (place == variants.end()) place = variants.insert(variants.end(), variant);
    points.push_back({index, names.index(record), place - variants.begin(), conditions.index(record),
                      text_at(record, "cell.dtype"), seqlen_of(record)});
  }
  Json labels = Json::array();
  for (std::size_t index = 0; index < conditions.size(); ++index) labels.push_back(conditions.label(index));
  Json shown = Json::array();
  for (const Chart& chart : charts())
    shown.push_back({{"id", chart.id},
                     {"title", chart.title},
                     {"axis", chart.axis},
                     {"path", chart.path},
                     {"unit", chart.unit},
                     {"scale", chart.scale},
                     {"by_variant", chart.by_variant},
                     {"with_ln_n", chart.with_ln_n}});
  return {{"series", names.all()},
          {"variants", variants},
          {"conditions", labels},
          {"points", points},
          {"charts", shown}};
}

}  // namespace attnlab
