#include "report/charts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "report/analysis.h"

namespace attnlab {

namespace {

/// One point a record that has the value: series, n, value, storage, input.
template <class Name>
Json points(const std::vector<Json>& records, const std::string& path, double scale, Name name) {
  Json values = Json::array();
  for (const Json& record : records) {
    const auto value = record.at("status") == "ok" ? number_at(record, path) : std::nullopt;
    if (!value || !(*value > 0)) continue;
    values.push_back({{"series", name(record)},
                      {"n", record.at("cell").at("seqlen_q")},
                      {"value", *value * scale},
                      {"storage", record.at("cell").at("dtype")},
                      {"input", record.at("input").at("name")}});
  }
  return values;
}

std::set<std::string> distinct(const Json& values, const char* field) {
  std::set<std::string> found;
  for (const Json& value : values) found.insert(value.at(field).get<std::string>());
  return found;
}

/// Ticks at the lengths themselves.
Json n_axis(const Json& values) {
  std::set<std::int64_t> lengths;
  for (const Json& value : values) lengths.insert(value.at("n").get<std::int64_t>());
  return {{"field", "n"},
          {"type", "quantitative"},
          {"title", "sequence length n"},
          {"scale", {{"type", "log"}, {"base", 2}, {"nice", false}, {"padding", 14}}},
          {"axis", {{"format", "d"}, {"grid", true}, {"values", lengths}, {"labelOverlap", true}}}};
}

Json y_axis(const char* title, const char* scale) {
  return {{"field", "value"},
          {"type", "quantitative"},
          {"title", title},
          {"scale", {{"type", scale}, {"zero", false}}},
          {"axis", {{"format", ".3~r"}, {"grid", true}}}};
}

/// Lines with points, told apart by colour, shape, dash and a label at their end.
Json line_layers(const Json& values, const Json& y) {
  const Json series{
      {"field", "series"},
      {"type", "nominal"},
      {"legend",
       {{"title", nullptr}, {"orient", "bottom"}, {"columns", 1}, {"labelLimit", 420}, {"symbolSize", 80}}}};
  const Json x = n_axis(values);
  const Json tooltip = Json::array({{{"field", "series"}},
                                    {{"field", "n"}},
                                    {{"field", "value"}, {"format", ".4g"}},
                                    {{"field", "storage"}},
                                    {{"field", "input"}}});
  Json layers = Json::array();
  layers.push_back({{"mark", {{"type", "line"}, {"strokeWidth", 2}}},
                    {"encoding", {{"x", x}, {"y", y}, {"color", series}, {"strokeDash", series}}}});
  layers.push_back(
      {{"mark", {{"type", "point"}, {"filled", true}, {"size", 60}, {"opacity", 1}}},
       {"encoding", {{"x", x}, {"y", y}, {"color", series}, {"shape", series}, {"tooltip", tooltip}}}});
  return layers;
}

/// `layers` once for each storage type and input there is.
Json faceted(const Json& values, Json layers, std::int64_t width) {
  Json specification{{"data", {{"values", values}}}};
  const auto storages = distinct(values, "storage");
  const auto inputs = distinct(values, "input");
  Json unit{{"width", width}, {"height", 260}, {"layer", std::move(layers)}};
  if (storages.size() <= 1 && inputs.size() <= 1) {
    specification.update(unit);
    return specification;
  }
  const Json header{{"title", nullptr}, {"labelFontSize", 13}, {"labelFontWeight", "bold"}};
  specification["facet"] = Json::object();
  if (storages.size() > 1)
    specification["facet"]["column"] = {
        {"field", "storage"}, {"type", "nominal"}, {"header", header}, {"sort", {"f32", "bf16"}}};
  if (inputs.size() > 1)
    specification["facet"]["row"] = {{"field", "input"}, {"type", "nominal"}, {"header", header}};
  specification["spec"] = unit;
  return specification;
}

void add_growth(std::vector<Chart>& charts, const std::vector<Json>& records, const char* id,
                const char* title, const char* axis, const std::string& path, double scale) {
  const SeriesNames names(records);
  const Json values = points(records, path, scale, [&](const Json& record) { return names.of(record); });
  if (values.empty()) return;
  const bool two = distinct(values, "storage").size() > 1;
  charts.push_back(
      {id, title,
       fmt::format("{} against sequence length, both on logarithmic axes, one line for each backend.", title),
       faceted(values, line_layers(values, y_axis(axis, "log")), two ? 400 : 640), "speed"});
}

/// A statistic against n, a line for each variant whatever computed it, of the first storage type there is.
void add_dispersion(std::vector<Chart>& charts, const std::vector<Json>& records, const char* id,
                    const char* title, const char* axis, const char* scale, const std::string& statistic,
                    bool with_ln_n) {
  const Json all = points(records, "dispersion.mean." + statistic, 1,
                          [](const Json& record) { return record.at("variant"); });
  if (all.empty()) return;
  const auto storages = distinct(all, "storage");
  const std::string storage = storages.contains("f32") ? "f32" : *storages.begin();
  Json values = Json::array();
  std::set<std::string> seen;
  for (const Json& value : all) {
    if (value.at("storage") != storage) continue;
    if (seen.insert(value.at("series").dump() + value.at("n").dump() + value.at("input").dump()).second)
      values.push_back(value);
    const Json reference{{"series", "uniform (ln n)"},
                         {"n", value.at("n")},
                         {"value", std::log(value.at("n").get<double>())},
                         {"storage", storage},
                         {"input", value.at("input")}};
    if (with_ln_n && seen.insert(reference.dump()).second) values.push_back(reference);
  }
  charts.push_back({id, fmt::format("{} ({})", title, storage),
                    fmt::format("{} against sequence length, one line for each variant.", title),
                    faceted(values, line_layers(values, y_axis(axis, scale)), 430), "dispersion"});
}

/// One map: `data` names the bins, row by row.
Json map_view(const std::string& data, const std::string& title, const Json& map) {
  const std::string bins = map.at("bins").dump();
  // A whole number of pixels a bin: fractions would show as seams.
  const auto count = map.at("bins").get<std::int64_t>();
  const std::int64_t side = count * ((300 + count - 1) / count);
  const std::string width = fmt::format("* {} / {}", map.at("n").dump(), bins);
  const auto edge = [&](const char* field, const std::string& bin) {
    return Json{{"calculate", fmt::format("({}) {}", bin, width)}, {"as", field}};
  };
  const std::string column = fmt::format("(datum.k - 1) % {}", bins);
  const std::string row = fmt::format("floor((datum.k - 1) / {})", bins);
  const Json row_numbers{{"window", Json::array({{{"op", "row_number"}, {"as", "k"}}})}};
  const auto axis = [&](const char* field, bool reversed) {
    return Json{
        {"field", field},
        {"type", "quantitative"},
        {"title", field},
        {"scale", {{"domain", Json::array({0, map.at("n")})}, {"nice", false}, {"reverse", reversed}}},
        {"axis", {{"grid", false}, {"format", "d"}, {"tickCount", 4}}}};
  };
  return {{"title", title},
          {"width", side},
          {"height", side},
          {"data", {{"name", data}}},
          {"transform", Json::array({row_numbers,
                                     {{"filter", "datum.data > 0"}},
                                     edge("key", column),
                                     edge("key_end", column + " + 1"),
                                     edge("query", row),
                                     edge("query_end", row + " + 1")})},
          {"mark", {{"type", "rect"}, {"tooltip", false}}},
          {"encoding",
           {{"x", axis("key", false)},
            {"x2", {{"field", "key_end"}}},
            {"y", axis("query", true)},
            {"y2", {{"field", "query_end"}}},
            {"color",
             {{"field", "data"},
              {"type", "quantitative"},
              {"title", "weight x n"},
              {"scale", {{"type", "log"}, {"domain", {0.01, 100}}, {"clamp", true}, {"scheme", "viridis"}}},
              {"legend", {{"format", "~g"}, {"values", {0.01, 0.1, 1, 10, 100}}}}}}}}};
}

}  // namespace

std::vector<Chart> make_charts(const std::vector<Json>& records) {
  std::vector<Chart> charts;
  add_growth(charts, records, "time", "Time of one call", "milliseconds", "time.median_ns", 1e-6);
  add_growth(charts, records, "memory", "Workspace", "MiB", "memory.workspace_bytes", 0x1p-20);
  add_dispersion(charts, records, "entropy", "Entropy of the weights", "nats", "linear", "entropy", true);
  add_dispersion(charts, records, "participation", "Participation ratio", "keys", "log",
                 "participation_ratio", false);
  add_dispersion(charts, records, "max_weight", "Largest weight", "weight", "log", "max_weight", false);
  add_dispersion(charts, records, "support", "Support", "keys with weight above 0", "log", "support", false);
  return charts;
}

std::vector<Chart> make_heatmaps(const std::vector<Json>& records) {
  std::vector<Chart> charts;
  std::set<std::string> seen;
  for (std::size_t index = 0; index < records.size(); ++index) {
    const Json& record = records[index];
    if (!record.contains("heatmap") || !record.at("heatmap").is_object()) continue;
    const std::string variant = record.at("variant");
    const std::string input = record.at("input").at("name");
    const std::string exact = record.at("deviation").at("exact_variant");
    if (variant == exact || !seen.insert(variant + input).second) continue;
    const Json& map = record.at("heatmap");
    charts.push_back(
        {fmt::format("heatmap-{}", index),
         fmt::format("{} beside {}", variant, exact),
         fmt::format(
             "Two maps of attention weights, queries down and keys across: {} and {}, head {} of {}, n = {}.",
             exact, variant, map.at("head").dump(), input, map.at("n").dump()),
         {{"hconcat", Json::array({map_view(fmt::format("record:{}:exact", index), "exact: " + exact, map),
                                   map_view(fmt::format("record:{}:variant", index), variant, map)})}},
         "dispersion"});
  }
  return charts;
}

}  // namespace attnlab
