#include "compare/compare.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <optional>

#include "attnlab/core/argument_error.h"
#include "attnlab/dispersion/row_statistics.h"
#include "attnlab/variants/arguments.h"
#include "compare/comparison.h"
#include "compare/comparison_tables.h"
#include "compare/noise_floor.h"
#include "compare/subject.h"
#include "records/analysis.h"
#include "records/formats.h"
#include "records/load.h"
#include "records/option_order.h"
#include "records/text_table.h"
#include "records/whole_file.h"

namespace attnlab {

namespace {

Json number_or_null(const std::optional<double>& value) { return value ? Json(*value) : Json(); }

Json both(const Pair& pair, const std::string& path) {
  return {{"a", number_or_null(number_at(pair.a, path))}, {"b", number_or_null(number_at(pair.b, path))}};
}

Json identity(const Json& record) {
  return {{"id", record.at("id")},
          {"series", fmt::format("{} {}", backend_of(record), text_at(record, "variant"))},
          {"cell", record.at("cell")},
          {"input", record.at("input").at("name")}};
}

Json to_json(const Comparison& comparison) {
  Json json{{"floor", comparison.floor}, {"confidence", bootstrap_confidence}, {"summary", Json::object()}};
  for (const Verdict verdict : verdicts)
    json["summary"][std::string(to_string(verdict))] = comparison.count(verdict);
  json["cells"] = Json::array();
  for (const Pair& pair : comparison.pairs) {
    Json cell{{"a", identity(pair.a)},
              {"b", identity(pair.b)},
              {"verdict", to_string(pair.time.verdict)},
              {"verdict_in_words", in_words(pair.time)},
              {"clean_samples", pair.time.clean},
              {"time_ratio", pair.time.value},
              {"time_ratio_low", pair.time.interval.low},
              {"time_ratio_high", pair.time.interval.high}};
    for (const char* path :
         {"time.median_ns", "memory.workspace_bytes", "memory.heap_peak_bytes", "memory.rss_delta_bytes",
          "error.max_abs", "error.relative_l2", "error.worst.ratio"})
      cell[path] = both(pair, path);
    for (const auto& [side, record] : {std::pair{"a", &pair.a}, std::pair{"b", &pair.b}})
      cell["memory.rss_agrees"][side] = record->at("memory").value("rss_agrees", Json());
    for (const std::string_view name : statistic_names)
      cell["dispersion.mean"][std::string(name)] = both(pair, "dispersion.mean." + std::string(name));
    json["cells"].push_back(std::move(cell));
  }
  json["not_compared"] = Json::array();
  for (const Unpaired& unpaired : comparison.unpaired) {
    json["not_compared"].push_back(identity(unpaired.record));
    json["not_compared"].back()["why"] = unpaired.why;
  }
  return json;
}

std::string summary(const Comparison& comparison) {
  std::string text = fmt::format("{} cells:", comparison.pairs.size());
  for (const Verdict verdict : verdicts)
    if (const std::int64_t count = comparison.count(verdict); count > 0)
      text += fmt::format(" {} {}", count, to_string(verdict));
  double logarithms = 0;
  std::int64_t decided = 0;
  for (const Pair& pair : comparison.pairs) {
    if (!is_decided(pair.time.verdict)) continue;
    logarithms += std::log(pair.time.value);
    ++decided;
  }
  if (decided > 0)
    text +=
        fmt::format("; geometric mean of B / A {:.3f}{}", std::exp(logarithms / static_cast<double>(decided)),
                    decided == std::ssize(comparison.pairs)
                        ? ""
                        : fmt::format(", over the {} that have FASTER, SLOWER or SAME", decided));
  return text + "\n";
}

/// `layout`: of a table as text.
std::string in_format(const Comparison& comparison, const std::string& format, const TextLayout& layout) {
  if (format == "json") return to_json(comparison).dump(2) + "\n";
  if (format == "csv") return to_csv(comparison_as_one_table(comparison));
  const std::vector<Table> tables = comparison_tables(comparison);
  if (format == "latex") return to_latex(tables);
  if (format == "md") return to_markdown(tables) + "\n" + summary(comparison);
  std::string text;
  for (const Table& table : tables) text += to_text(table, layout) + "\n";
  return text + summary(comparison);
}

/// The floor that the user gave, else the larger one from the A/A pairs of the runs, else the default.
double floor_of(const Settings& settings, std::initializer_list<const RunRecords*> runs) {
  if (settings.has("floor")) return settings.number("floor", 0) / 100;
  std::optional<double> floor;
  for (const RunRecords* run : runs)
    if (const auto measured = noise_floor(run->cells, run->twins))
      floor = std::max(floor.value_or(0), *measured);
  return floor.value_or(default_noise_floor);
}

RunRecords load_in_order(const std::string& directory) {
  RunRecords run = load_run(directory, "compare");
  sort_by_options(directory, run.cells);
  return run;
}

Comparison make_comparison(const Settings& settings) {
  if (settings.has("between")) {
    const std::vector<std::string_view> series = split_outside_parentheses(settings.text("between"), ',');
    if (series.size() != 2 || settings.positional.size() != 1)
      throw ArgumentError("between", settings.text("between"), "needs two series and one directory",
                          "A,B with one directory");
    const RunRecords run = load_in_order(settings.positional[0]);
    return compare_series(run.cells, std::string(series[0]), std::string(series[1]),
                          floor_of(settings, {&run}));
  }
  if (settings.positional.size() != 2)
    throw UsageError("compare takes two directories, or one directory and --between A,B");
  const RunRecords a = load_in_order(settings.positional[0]);
  const RunRecords b = load_in_order(settings.positional[1]);
  return compare_runs(a.cells, b.cells, floor_of(settings, {&a, &b}), settings.has("force"));
}

}  // namespace

std::vector<std::string> compare_formats() { return {"table", "json", "md", "csv", "latex"}; }
std::vector<std::string> fail_on_choices() { return {"nothing", "slower", "undecided", "lost"}; }

int compare_command(const Settings& settings) {
  const std::string format = settings.choice("format", compare_formats());
  const std::string fail_on = settings.choice("fail-on", fail_on_choices());
  const Comparison comparison = make_comparison(settings);
  const std::string text =
      in_format(comparison, format, settings.has("out") ? TextLayout{} : text_layout_of(STDOUT_FILENO));
  if (settings.has("out"))
    write_whole("out", settings.text("out"), text);
  else
    fmt::print("{}", text);
  const bool lost = std::any_of(comparison.unpaired.begin(), comparison.unpaired.end(),
                                [](const Unpaired& unpaired) { return unpaired.lost; });
  const bool failed = (fail_on == "slower" && comparison.count(Verdict::slower) > 0) ||
                      (fail_on == "undecided" &&
                       std::any_of(comparison.pairs.begin(), comparison.pairs.end(),
                                   [](const Pair& pair) { return !is_decided(pair.time.verdict); })) ||
                      (fail_on == "lost" && lost);
  return failed ? 4 : 0;
}

}  // namespace attnlab
