#include "report/report.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "core/argument_error.h"
#include "report/analysis.h"
#include "report/assets.h"
#include "report/charts.h"
#include "report/formats.h"
#include "report/load.h"

namespace attnlab {

namespace {

/// JSON that cannot end the script element it stands in.
std::string script_json(const Json& json) {
  std::string text;
  for (const char c : json.dump(-1, ' ', false, Json::error_handler_t::replace))
    text += c == '<' ? std::string("\\u003c") : std::string(1, c);
  return text;
}

std::string figure(const Chart& chart) {
  return fmt::format(
      "<figure id=\"chart-{0}\"><figcaption>{1}</figcaption><div class=\"chart\" data-chart=\"{0}\" "
      "role=\"img\" tabindex=\"0\" aria-label=\"{2}\"></div>"
      "<p class=\"note\"><a href=\"#table-{3}\">The same as a table</a></p></figure>\n",
      chart.id, escape_html(chart.title), escape_html(chart.description), chart.table);
}

std::string section(const char* id, const char* title, const std::string& body) {
  return body.empty() ? std::string()
                      : fmt::format("<section id=\"{0}\"><h2>{1}</h2>\n{2}</section>\n", id, title, body);
}

std::string make_body(const std::vector<Json>& records, const std::vector<Table>& tables,
                      const std::vector<Chart>& charts, const std::vector<Chart>& heatmaps) {
  const auto table = [&](const char* id) {
    for (const Table& candidate : tables)
      if (candidate.id == id) return candidate.rows.empty() ? std::string() : to_html(candidate);
    return std::string();
  };
  const auto chart = [&](const char* id) {
    for (const Chart& candidate : charts)
      if (candidate.id == id) return figure(candidate);
    return std::string();
  };
  std::string findings = "<ul class=\"findings\">\n";
  for (const std::string& finding : make_findings(records))
    findings += fmt::format("<li>{}</li>\n", escape_html(finding));
  findings += "</ul>\n";
  std::string maps;
  for (const Chart& map : heatmaps) maps += figure(map);
  if (!maps.empty())
    maps +=
        "<p class=\"note\">One head's weights, pooled to at most 128 x 128 bins by their mean and multiplied "
        "by n, so that 1 is "
        "uniform attention; colours on a logarithmic scale, the same for both; blank where no key has "
        "weight.</p>\n";
  const std::string failures = table("failures");
  return section("findings", "What came out", findings) +
         section("machine", "What ran, and where", table("machine")) +
         section("failures", "Failures, refusals and warnings",
                 failures.empty() ? "<p>None.</p>\n" : failures) +
         section("time", "Time", chart("time") + table("exponents")) +
         section("memory", "Memory", chart("memory")) + section("speed", "Against full", table("speed")) +
         section("error", "Error", table("error")) +
         section("dispersion", "Dispersion",
                 "<div class=\"pair\">" + chart("entropy") + chart("participation") + chart("max_weight") +
                     chart("support") + "</div>" + table("dispersion")) +
         section("weights", "Weights", maps) +
         section(
             "data", "Data",
             "<p>The records that everything above was computed from, as they stand in records.jsonl.</p>\n"
             "<p><button type=\"button\" data-download=\"jsonl\">Records (JSON lines)</button> "
             "<button type=\"button\" data-download=\"csv\">Tables (CSV)</button></p>\n");
}

/// `text` with @@NAME@@ replaced; what is put in is not looked at again.
std::string fill(std::string_view text, const std::vector<std::pair<std::string, std::string_view>>& values) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t mark = std::min(text.find("@@", at), text.size());
    out += text.substr(at, mark - at);
    if (mark == text.size()) break;
    const std::size_t end = text.find("@@", mark + 2);
    const std::string_view name = text.substr(mark + 2, end - mark - 2);
    for (const auto& [known, value] : values)
      if (known == name) out += value;
    at = end + 2;
  }
  return out;
}

std::string make_html(const std::string& title, const std::vector<Json>& records) {
  const std::vector<Table> tables = make_tables(records);
  const std::vector<Chart> charts = make_charts(records);
  const std::vector<Chart> heatmaps = make_heatmaps(records);
  Json specifications = Json::object();
  for (const auto* group : {&charts, &heatmaps})
    for (const Chart& chart : *group) specifications[chart.id] = chart.specification;
  return fill(assets::report_html(), {{"TITLE", escape_html(title)},
                                      {"CSS", assets::report_css()},
                                      {"BODY", make_body(records, tables, charts, heatmaps)},
                                      {"RECORDS", script_json(records)},
                                      {"CHARTS", script_json(specifications)},
                                      {"TABLES", script_json(to_csv(tables))},
                                      {"VEGA", assets::vega_js()},
                                      {"VEGA_LITE", assets::vega_lite_js()},
                                      {"VEGA_EMBED", assets::vega_embed_js()},
                                      {"SCRIPT", assets::report_js()}});
}

/// Whole or not at all.
void write_file(const std::filesystem::path& file, const std::string& text) {
  std::filesystem::path partial = file;
  partial += ".partial";
  std::ofstream stream(partial, std::ios::binary);
  stream << text;
  stream.close();
  std::error_code failed;
  if (stream) std::filesystem::rename(partial, file, failed);
  if (!stream || failed) {
    std::filesystem::remove(partial, failed);
    throw ArgumentError("out", file.string(), "a file that can be written, on a disk with room for it");
  }
}

}  // namespace

int report_command(const Settings& settings) {
  if (settings.positional.empty()) throw ArgumentError("report", "", "the directory of a sweep");
  const std::filesystem::path directory = settings.positional.front();
  const std::string& format = settings.text("format");
  if (format != "html" && format != "md" && format != "csv" && format != "latex")
    throw ArgumentError("format", format, unknown_name(format, {"html", "md", "csv", "latex"}));
  const std::vector<Json> records = load_records(directory);
  if (format == "html") {
    const std::filesystem::path file =
        settings.has("out") ? std::filesystem::path(settings.text("out")) : directory / "report.html";
    const std::string name = std::filesystem::absolute(directory).lexically_normal().filename().string();
    write_file(file, make_html("attnlab: " + (name.empty() ? directory.string() : name), records));
    fmt::print("report: {}\n", file.string());
    return 0;
  }
  const std::vector<Table> tables = make_tables(records);
  const std::string text = format == "md"    ? to_markdown(tables)
                           : format == "csv" ? to_csv(tables)
                                             : to_latex(tables);
  if (settings.has("out"))
    write_file(settings.text("out"), text);
  else
    fmt::print("{}", text);
  return 0;
}

}  // namespace attnlab
