// The data of attnlab plot, and its options.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "attnlab/core/argument_error.h"
#include "attnlab/variants/arguments.h"
#include "records/analysis.h"
#include "records/load.h"
#include "records/option_order.h"
#include "records/samples.h"
#include "records/series_names.h"
#include "records/whole_file.h"
#include "report/charts.h"
#include "report/plot.h"

namespace attnlab {

namespace {

/// A length such as 3.3in or 84mm, in inches.
double inches(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string_view name(end, static_cast<std::size_t>(text.data() + text.size() - end));
  const double parts = name == "in"   ? 1
                       : name == "cm" ? 2.54
                       : name == "mm" ? 25.4
                       : name == "pt" ? 72.27
                                      : 0;
  if (error != std::errc() || parts == 0 || !(value / parts >= 1) || value / parts > 20)
    throw ArgumentError("width", text, "not a length in range", "1in to 20in, in in, cm, mm or pt");
  return value / parts;
}

/// The storage types to draw, one panel each.
std::vector<std::string> chosen_types(const Settings& settings, const std::vector<const Json*>& cells) {
  std::vector<std::string> there;
  for (const Json* cell : cells)
    if (const std::string dtype = text_at(*cell, "cell.dtype");
        std::find(there.begin(), there.end(), dtype) == there.end())
      there.push_back(dtype);
  std::vector<std::string> chosen;
  for (const std::string_view item : split_outside_parentheses(settings.text("dtype"), ','))
    chosen.emplace_back(item);
  for (const std::string& dtype : chosen)
    if (std::find(there.begin(), there.end(), dtype) == there.end())
      throw ArgumentError("dtype", dtype, "no cell with figures has it",
                          fmt::format("{}", fmt::join(there, ", ")));
  if (chosen.size() > 2)
    throw ArgumentError("dtype", settings.text("dtype"), "too many panels", "one or two types");
  return chosen;
}

/// The condition that --under names, or the only one.
std::size_t chosen_condition(const Settings& settings, const Conditions& conditions) {
  std::vector<std::string> labels;
  for (std::size_t at = 0; at < conditions.size(); ++at) labels.push_back(conditions.label(at));
  if (!settings.has("under")) {
    if (labels.size() == 1) return 0;
    throw UsageError(fmt::format("the run has cells under {} conditions; --under chooses one: {}",
                                 labels.size(), fmt::join(labels, "; ")));
  }
  const auto found = std::find(labels.begin(), labels.end(), settings.text("under"));
  if (found == labels.end())
    throw unknown_name("under", settings.text("under"), settings.text("under"), labels);
  return static_cast<std::size_t>(found - labels.begin());
}

/// The lines of a chart: one for each series, or for each variant from the first series that has it.
std::vector<PlotLine> lines_of(const Chart& chart, const std::vector<const Json*>& cells,
                               const SeriesNames& names) {
  std::map<std::size_t, PlotLine> lines;
  std::map<std::string, std::size_t> first;
  for (const Json* cell : cells) {
    const auto value = number_at(*cell, chart.path);
    const auto over = chart.over.empty() ? std::optional(1.0) : number_at(*cell, chart.over);
    if (!value || !over) continue;
    const auto scaled = [&](double figure) { return figure / *over / chart.unit; };
    if (chart.scale == "log" && !(scaled(*value) > 0)) continue;
    const std::string variant = text_at(*cell, "variant");
    const std::size_t series = names.index(*cell);
    if (chart.by_variant && first.try_emplace(variant, series).first->second != series) continue;
    PlotLine& line = lines[series];
    line.name = chart.by_variant ? names.of_variant(variant) : names.of(*cell);
    line.style = series;
    line.points.push_back({static_cast<double>(seqlen_of(*cell)), scaled(*value),
                           scaled(number_at(*cell, chart.low).value_or(*value)),
                           scaled(number_at(*cell, chart.high).value_or(*value)),
                           chart.id == "time" && is_disturbed(*cell)});
  }
  std::vector<PlotLine> sorted;
  for (auto& [series, line] : lines) {
    std::sort(line.points.begin(), line.points.end(),
              [](const PlotPoint& a, const PlotPoint& b) { return a.n < b.n; });
    sorted.push_back(std::move(line));
  }
  return sorted;
}

}  // namespace

std::vector<std::string> plot_charts() {
  std::vector<std::string> ids;
  for (const Chart& chart : charts()) ids.push_back(chart.id);
  return ids;
}

int plot_command(const Settings& settings) {
  const std::string& directory = settings.required_argument("the directory of a sweep");
  const std::string& file = settings.required("out", picture_files);
  const PictureFormat format = picture_format(file);
  const std::string id = settings.choice("chart", plot_charts());
  const Chart& chart =
      *std::find_if(charts().begin(), charts().end(), [&](const Chart& one) { return one.id == id; });
  const double width = inches(settings.text("width"));
  RunRecords run = load_run(directory, "plot");
  sort_by_options(directory, run.cells);
  const Conditions conditions(run.cells);
  const SeriesNames names(run.cells);
  const std::size_t condition = chosen_condition(settings, conditions);
  std::vector<const Json*> cells;
  for (const Json& record : run.cells)
    if (record.at("status") == "ok" && conditions.index(record) == condition) cells.push_back(&record);
  const std::vector<std::string> types = chosen_types(settings, cells);
  std::vector<PlotPanel> panels;
  std::int64_t disturbed = 0;
  for (const std::string& dtype : types) {
    std::vector<const Json*> own;
    for (const Json* cell : cells)
      if (text_at(*cell, "cell.dtype") == dtype) own.push_back(cell);
    panels.push_back({types.size() > 1 ? dtype : "", lines_of(chart, own, names)});
    for (const PlotLine& line : panels.back().lines)
      for (const PlotPoint& point : line.points) disturbed += point.disturbed;
    if (panels.back().lines.empty())
      throw ArgumentError("chart", id, fmt::format("no cell in {} has this figure", dtype), {});
  }
  if (panels.empty()) throw ArgumentError("plot", directory, "no cell has figures", "a run with figures");
  const std::string axis = chart.id == "time" ? "time, ms" : fmt::format("{}, {}", chart.title, chart.axis);
  write_whole("out", file, draw_plot(format, width, axis, chart.scale == "log", panels));
  fmt::print("plot: {}\n", file);
  if (disturbed > 0) fmt::print("hollow marks: {} disturbed cells; do not quote these\n", disturbed);
  return 0;
}

}  // namespace attnlab
