#include "report/charts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_map>

#include "records/analysis.h"
#include "records/samples.h"
#include "records/series_names.h"
#include "report/reference_lines.h"

namespace attnlab {

const std::vector<Chart>& charts() {
  static const std::vector<Chart> table{
      {"time", "Time of one call", "milliseconds", "time.median_ns", 1e6, "log", false, "time.low_ns",
       "time.high_ns"},
      {"memory", "Workspace", "MiB", "memory.workspace_bytes", 0x1p20, "log", false, "", "",
       "memory.workspace_predicted_bytes"},
      {"entropy", "Entropy", "nats", "dispersion.mean.entropy", 1, "linear", true},
      {"normalised_entropy", "Entropy ÷ ln of the visible keys", "share",
       "dispersion.mean.normalised_entropy", 1, "linear", true},
      {"participation", "Participation ratio", "keys", "dispersion.mean.participation_ratio", 1, "log", true},
      {"max_weight", "Largest weight", "weight", "dispersion.mean.max_weight", 1, "log", true},
      {"needle_weight", "Weight on the needle", "weight", "dispersion.mean.needle_weight", 1, "log", true},
      {"sharpness", "Sharpness as a share of what the spread of the logits allows softmax", "share",
       "dispersion.mean.sharpness", 1, "log", true, "", "", "", "dispersion.mean.reachable_sharpness"},
      {"support", "Support", "keys with weight above 0", "dispersion.mean.support", 1, "log", true},
  };
  return table;
}

bool is_drawn(const Chart& chart, const std::vector<Json>& records) {
  return std::any_of(records.begin(), records.end(),
                     [&](const Json& record) { return number_at(record, chart.path).has_value(); });
}

Json rounded(const std::optional<double>& value) {
  if (!value || !std::isfinite(*value)) return nullptr;
  return *value == std::round(*value) && std::abs(*value) < 1e5
             ? Json(static_cast<std::int64_t>(*value))
             : Json(std::stod(fmt::format("{:.5g}", *value)));
}

std::vector<const Json*> charted(const std::vector<Json>& records) {
  std::vector<const Json*> cells;
  for (const Json& record : records)
    if (record.at("status") == "ok") cells.push_back(&record);
  return cells;
}

namespace {

/// Colour and run of each series. Series of the same name in two runs share a colour.
Json styles(const std::vector<Json>& records, const SeriesNames& names) {
  std::map<std::size_t, std::pair<std::size_t, int>> found;
  std::map<std::string, std::size_t> colours;
  for (const Json& record : records) {
    const std::string run = text_at(record, "run");
    const std::string name = names.of(record).substr(run.empty() ? 0 : run.size() + 1);
    const std::size_t colour = colours.try_emplace(name, colours.size()).first->second;
    found.try_emplace(names.index(record), colour, run == "B" ? 1 : 0);
  }
  Json list = Json::array();
  for (const auto& [series, style] : found) list.push_back({style.first, style.second});
  return list;
}

Json exponents(const std::vector<Curve>& curves, const std::string& path) {
  Json found = Json::object();
  for (const Curve& curve : curves)
    if (const auto exponent = fitted_exponent(curve.points(path)); exponent && is_known_well(*exponent))
      found[fmt::format("{} {} {}", curve.condition, curve.dtype, curve.series)] = {
          rounded(exponent->value), rounded(exponent->interval.low), rounded(exponent->interval.high)};
  return found;
}

}  // namespace

Json chart_model(const std::vector<Json>& records) {
  const SeriesNames names(records);
  const Conditions conditions(records);
  const std::vector<const Json*> cells = charted(records);
  std::vector<std::string> variants;
  std::unordered_map<std::string, std::size_t> places;
  Json rows = Json::array();
  for (const Json* cell : cells) {
    const std::string variant = text_at(*cell, "variant");
    const auto [place, is_new] = places.try_emplace(variant, variants.size());
    if (is_new) variants.push_back(names.of_variant(variant));
    rows.push_back({names.index(*cell), place->second, conditions.index(*cell), text_at(*cell, "cell.dtype"),
                    seqlen_of(*cell), is_disturbed(*cell)});
  }
  Json labels = Json::array();
  for (std::size_t index = 0; index < conditions.size(); ++index) labels.push_back(conditions.label(index));
  const std::vector<Curve> curves = make_curves(records);
  Json shown = Json::array();
  for (const Chart& chart : charts()) {
    const auto values = [&](const std::string& path) {
      Json list = Json::array();
      for (const Json* cell : cells) {
        const auto value = number_at(*cell, path);
        const auto over = chart.over.empty() ? std::optional(1.0) : number_at(*cell, chart.over);
        list.push_back(rounded(value && over ? std::optional(*value / *over / chart.unit) : std::nullopt));
      }
      return list;
    };
    shown.push_back({{"id", chart.id},
                     {"title", chart.title},
                     {"axis", chart.axis},
                     {"scale", chart.scale},
                     {"by_variant", chart.by_variant},
                     {"values", values(chart.path)}});
    for (const auto& [key, path] :
         {std::pair("low", chart.low), {"high", chart.high}, {"formula", chart.formula}})
      if (!path.empty()) shown.back()[key] = values(path);
    if (!chart.by_variant) shown.back()["exponents"] = exponents(curves, chart.path);
  }
  Json references = Json::array();
  for (const ReferenceLine& line : reference_lines(records))
    references.push_back({{"condition", line.condition},
                          {"chart", line.chart},
                          {"label", line.label},
                          {"name", line.name},
                          {"points", line.points}});
  return {{"series", names.all()},   {"styles", styles(records, names)},
          {"variants", variants},    {"conditions", labels},
          {"cells", rows},           {"charts", shown},
          {"references", references}};
}

}  // namespace attnlab
