#include "report/page.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <random>

#include "report/analysis.h"
#include "report/assets.h"
#include "report/charts.h"
#include "report/findings.h"
#include "report/formats.h"

namespace attnlab {

namespace {

/// JSON that cannot end the script element it stands in.
std::string script_text(const std::string& json) {
  std::string text;
  for (const char c : json) text += c == '<' ? std::string("\\u003c") : std::string(1, c);
  return text;
}

std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

/// Records as they stand in records.jsonl, and what they share: 500 records would repeat half a megabyte.
struct PackedRecords {
  std::string lines;
  std::string shared;  ///< a JSON value a line
};

/// A shared value is `"machine":@0@` in its line and stands on line 0 of `shared`. No record can fake that:
/// inside a JSON string the quotes would be escaped.
PackedRecords pack(const std::vector<Json>& records) {
  PackedRecords packed;
  std::map<std::string, std::size_t> places;
  for (const Json& record : records) {
    std::string line = dump(record);
    for (const auto& [pointer, key] :
         std::initializer_list<std::pair<const char*, const char*>>{{"/machine", "machine"},
                                                                    {"/build", "build"},
                                                                    {"/cell", "cell"},
                                                                    {"/input", "input"},
                                                                    {"/heatmap/variant", "variant"},
                                                                    {"/heatmap/exact", "exact"}}) {
      const Json::json_pointer path(pointer);
      if (!record.contains(path)) continue;
      const std::string member = fmt::format("\"{}\":", key);
      const std::string value = dump(record.at(path));
      const std::size_t at = line.find(member + value);
      if (at == std::string::npos) continue;
      const auto [place, is_new] = places.try_emplace(value, places.size());
      if (is_new) packed.shared += value + "\n";
      line.replace(at + member.size(), value.size(), fmt::format("@{}@", place->second));
    }
    packed.lines += line + "\n";
  }
  return packed;
}

std::string figure(const std::string& id, const std::string& title, const char* kind,
                   const std::string& table) {
  return fmt::format(
      "<figure id=\"chart-{0}\"><figcaption>{1}</figcaption><div class=\"panels\" "
      "data-{2}=\"{0}\"></div>{3}</figure>\n",
      id, escape_html(title), kind, table);
}

std::string details(const std::string& summary, const std::string& body) {
  return fmt::format("<details><summary>{}</summary>\n{}</details>\n", escape_html(summary), body);
}

std::string section(const char* id, const char* title, const std::string& body) {
  return fmt::format("<section id=\"{}\"><h2>{}</h2>\n{}</section>\n", id, title, body);
}

/// Which condition the charts show, where records have several.
std::string condition_selector(const std::vector<Json>& records) {
  const Conditions conditions(records);
  if (conditions.size() < 2) return "";
  std::vector<bool> charted(conditions.size());
  for (const Json& record : records)
    if (record.at("status") == "ok") charted[conditions.index(record)] = true;
  std::string text =
      "<p class=\"controls\"><label for=\"condition\">Charts show</label> <select id=\"condition\">";
  for (std::size_t index = 0; index < conditions.size(); ++index)
    if (charted[index])
      text += fmt::format("<option value=\"{}\">{}</option>", index, escape_html(conditions.label(index)));
  return text + "</select></p>\n";
}

std::string heatmaps(const std::vector<Json>& records) {
  std::string text;
  for (const std::size_t index : heatmap_records(records)) {
    const Json& record = records[index];
    const Json& map = record.at("heatmap");
    text += figure(fmt::format("heatmap-{}", index),
                   fmt::format("{} beside {}: head {}, {}, n = {}", text_at(record, "variant"),
                               text_at(record, "deviation.exact_variant"), text_at(map, "head"),
                               text_at(record, "input.name"), text_at(map, "n")),
                   "heatmap", details("Both maps as a table", to_html(make_heatmap_table(records, index))));
  }
  if (text.empty())
    return "<p>No record of a variant that gives something up has a map of its weights.</p>\n";
  return text +
         "<p class=\"note\">Weights of one head, pooled by their mean and multiplied by n, so that 1 is "
         "uniform attention. "
         "Queries run down, keys across. Both maps share one logarithmic colour scale, its ends standing for "
         "what lies "
         "beyond; blank where no key has weight.</p>\n";
}

std::string make_body(const std::vector<Json>& records) {
  const std::vector<Table> tables = make_tables(records);
  const auto table = [&](const char* id, const char* otherwise = "") -> std::string {
    for (const Table& candidate : tables)
      if (candidate.id == id) return candidate.rows.empty() ? otherwise : to_html(candidate);
    return otherwise;
  };
  const bool any =
      std::any_of(records.begin(), records.end(), [](const Json& r) { return r.at("status") == "ok"; });
  const auto chart = [&](const char* id, const std::string& under) {
    const auto found =
        std::find_if(charts().begin(), charts().end(), [&](const Chart& c) { return c.id == id; });
    return figure(id, found->title, "chart", under);
  };
  std::string findings = "<ul class=\"findings\">\n";
  for (const std::string& finding : make_findings(records))
    findings += fmt::format("<li>{}</li>\n", escape_html(finding));
  std::string text =
      section("findings", "What came out", findings + "</ul>\n") +
      section("machine", "What ran, and where", table("machine")) +
      section("failures", "Failures, refusals and warnings", table("failures", "<p>None.</p>\n"));
  if (any) {
    std::string dispersion;
    for (const Chart& one : charts())
      if (one.by_variant) dispersion += chart(one.id.c_str(), "");
    text += condition_selector(records) +
            section("time", "Time",
                    chart("time", table("exponents") + details("Times as a table", table("time")))) +
            section("memory", "Memory", chart("memory", details("Memory as a table", table("memory")))) +
            section("speed", "Against full", table("speed")) + section("error", "Error", table("error")) +
            section("dispersion", "Dispersion",
                    "<div id=\"variants\"></div>\n<div class=\"grid\">" + dispersion + "</div>" +
                        details("Dispersion as a table", table("dispersion"))) +
            section("weights", "Weights", heatmaps(records));
  }
  return text +
         section("data", "Data",
                 "<p>The records that everything above was computed from.</p>\n"
                 "<p class=\"downloads\"><button type=\"button\" data-download=\"jsonl\">Records, JSON "
                 "lines</button> "
                 "<button type=\"button\" data-download=\"csv\">Records, CSV without lists</button></p>\n");
}

/// Lets the page's own scripts run and no other: a record cannot know it.
std::string make_nonce() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
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

}  // namespace

std::string make_page(const std::string& title, const std::vector<Json>& records) {
  const PackedRecords packed = pack(records);
  return fill(assets::report_html(), {{"TITLE", escape_html(title)},
                                      {"NONCE", make_nonce()},
                                      {"CSS", assets::report_css()},
                                      {"BODY", make_body(records)},
                                      {"RECORDS", script_text(packed.lines)},
                                      {"SHARED", script_text(packed.shared)},
                                      {"MODEL", script_text(dump(chart_model(records)))},
                                      {"VEGA", assets::vega_js()},
                                      {"VEGA_LITE", assets::vega_lite_js()},
                                      {"VEGA_EMBED", assets::vega_embed_js()},
                                      {"CHARTS", assets::charts_js()},
                                      {"SCRIPT", assets::report_js()}});
}

}  // namespace attnlab
