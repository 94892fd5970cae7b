#include "report/chart_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <string_view>
#include <tuple>

#include "heatmap/colours.h"
#include "records/analysis.h"
#include "records/series_names.h"
#include "report/charts.h"
#include "report/tables.h"

namespace attnlab {

namespace {

constexpr std::size_t most_samples = 40;
constexpr std::size_t most_heads = 64;

/// At most forty of the values, sorted, the least and the greatest included.
Json quantiles(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  Json list = Json::array();
  const std::size_t count = std::min(values.size(), most_samples);
  for (std::size_t at = 0; at < count; ++at)
    list.push_back(
        rounded(std::round(10 * values[count < 2 ? 0 : at * (values.size() - 1) / (count - 1)]) / 10));
  return list;
}

/// The character for a position from 0 to 1; charts.js reads it.
char level_of(double share) {
  constexpr std::string_view levels = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return levels[static_cast<std::size_t>(std::lround(std::clamp(share, 0.0, 1.0) * 63))];
}

/// The character for weight × n from 0.01 to 100.
char weight_level(const Json& weight) {
  if (!weight.is_number() || !(weight.get<double>() > 0)) return ' ';
  return level_of((std::log10(weight.get<double>()) + 2) / 4);
}

/// The character for a change from -100 to 100: the middle is no change, a space is no weight in either map.
char difference_level(const Json& variant, const Json& exact) {
  if (!variant.is_number() || !exact.is_number() || (variant == 0 && exact == 0)) return ' ';
  return level_of((difference_place(variant.get<double>() - exact.get<double>()) + 1) / 2);
}

}  // namespace

Json samples_data(const Subject& subject) {
  Json cells = Json::array();
  for (const Json* cell : charted(subject.records)) {
    const auto middle = number_at(*cell, "time.median_ns");
    std::vector<double> clean;
    std::vector<double> disturbed;
    const auto add = [&](std::vector<double>& list, const Json& time) {
      if (middle && *middle > 0) list.push_back((time.get<double>() / *middle - 1) * 100);
    };
    const Json* all = value_at(*cell, "time.samples");
    const Json* used = value_at(*cell, "time.samples_ns");
    if (all && all->is_array()) {
      for (const Json& sample : *all)
        add(sample.at("contaminated").empty() ? clean : disturbed, sample.at("ns"));
    } else if (used && used->is_array()) {
      for (const Json& time : *used) add(clean, time);
    }
    cells.push_back({quantiles(std::move(clean)), quantiles(std::move(disturbed))});
  }
  return {{"cells", cells}, {"floor", rounded(subject.floor())}};
}

Json pareto_data(const std::vector<Json>& records) {
  Json distances = Json::array();
  for (const Json* cell : charted(records)) {
    const auto error = number_at(*cell, "error.relative_l2");
    const auto given_up = number_at(*cell, "deviation.relative_l2");
    distances.push_back(rounded(error && given_up ? std::optional(*error + *given_up) : std::nullopt));
  }
  return {{"distance", distances}};
}

Json heads_data(const std::vector<Json>& records) {
  struct Shown {
    const char* name;
    const char* title;
    const char* over = nullptr;  ///< statistic that the value is divided by
  };
  constexpr std::array<Shown, 5> statistics{
      {{"normalised_entropy", "entropy ÷ ln of the visible keys"},
       {"sharpness", "sharpness as a share of what the spread of the logits allows", "reachable_sharpness"},
       {"participation_ratio", "participation ratio, keys"},
       {"max_weight", "largest weight"},
       {"sink_mass", "mass of the first 4 keys"}}};
  const auto per_head = [](const Json& cell, const char* name) {
    const Json* list = value_at(cell, fmt::format("dispersion.per_head.{}", name));
    return list && list->is_array() ? *list : Json::array();
  };
  const auto number = [](const Json& list, std::size_t head) {
    return head < list.size() && list[head].is_number() ? std::optional(list[head].get<double>())
                                                        : std::nullopt;
  };
  const Conditions conditions(records);
  Json data{{"statistics", Json::array()}, {"cells", Json::array()}};
  for (const Shown& shown : statistics) data["statistics"].push_back(shown.title);
  std::set<std::tuple<std::string, std::size_t, std::int64_t>> seen;
  const std::vector<const Json*> cells = charted(records);
  for (std::size_t index = 0; index < cells.size(); ++index) {
    const Json& cell = *cells[index];
    const Json* entropy = value_at(cell, "dispersion.per_head.normalised_entropy");
    if (!entropy || !entropy->is_array() || entropy->size() < 2 ||
        !seen.emplace(text_at(cell, "variant"), conditions.index(cell), seqlen_of(cell)).second)
      continue;
    Json row{index};
    for (const Shown& shown : statistics) {
      const Json list = per_head(cell, shown.name);
      const Json reach = shown.over ? per_head(cell, shown.over) : Json::array();
      Json values = Json::array();
      for (std::size_t head = 0; head < std::min(list.size(), most_heads); ++head) {
        const auto value = number(list, head);
        const auto over = shown.over ? number(reach, head) : 1.0;
        values.push_back(rounded(value && over ? std::optional(*value / *over) : std::nullopt));
      }
      row.push_back(values);
    }
    data["cells"].push_back(row);
  }
  return data;
}

Json maps_data(const std::vector<Json>& records) {
  const SeriesNames names(records);
  Json data{{"maps", Json::array()}, {"figures", Json::object()}};
  std::map<std::string, std::size_t> places;
  const auto place_of = [&](const std::string& text) {
    const auto [place, is_new] = places.try_emplace(text, places.size());
    if (is_new) data["maps"].push_back(text);
    return place->second;
  };
  for (const std::size_t index : heatmap_records(records)) {
    const Json& record = records[index];
    const Json& map = record.at("heatmap");
    Json shown{{"cell", {names.index(record), text_at(record, "cell.dtype"), seqlen_of(record)}},
               {"queries", record.at("cell").at("seqlen_q")},
               {"keys", record.at("cell").at("seqlen_k")},
               {"bins", map.at("bins")}};
    for (const auto& [which, title] :
         {std::pair("exact", "exact: " + text_at(record, "deviation.exact_variant")),
          {"variant", text_at(record, "variant")}}) {
      std::string text;
      for (const Json& row : map.at(which))
        for (const Json& weight : row) text += weight_level(weight);
      shown[which] = {title, place_of(text)};
    }
    std::string difference;
    const Json& exact = map.at("exact");
    for (std::size_t down = 0; down < exact.size(); ++down)
      for (std::size_t across = 0; across < exact.size(); ++across)
        difference += difference_level(map.at("variant")[down][across], exact[down][across]);
    shown["difference"] = {"difference: variant − exact", place_of(difference)};
    shown["profiles"] = Json::object();
    for (const char* profile : {"entropy", "mean_distance"})
      if (const Json* both = value_at(map, profile)) shown["profiles"][profile] = *both;
    data["figures"][fmt::format("heatmap-{}", index)] = shown;
  }
  return data;
}

Json ratios_data(const Subject& subject) {
  if (!subject.comparison) return nullptr;
  const SeriesNames names(subject.records);
  const Conditions conditions(subject.records);
  Json pairs = Json::array();
  for (const Pair& pair : subject.comparison->pairs)
    pairs.push_back({names.of(pair.a), conditions.index(pair.a), text_at(pair.a, "cell.dtype"),
                     seqlen_of(pair.a), rounded(pair.time.value), rounded(pair.time.interval.low),
                     rounded(pair.time.interval.high), to_string(pair.time.verdict)});
  return {{"pairs", pairs}, {"floor", rounded(subject.comparison->floor)}};
}

}  // namespace attnlab
