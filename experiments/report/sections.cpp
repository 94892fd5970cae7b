#include "report/sections.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/analysis.h"
#include "report/charts.h"
#include "report/elements.h"
#include "report/findings.h"
#include "report/formats.h"

namespace attnlab {

namespace {

std::string chart(const std::string& id, const std::string& below) {
  const auto found =
      std::find_if(charts().begin(), charts().end(), [&](const Chart& one) { return one.id == id; });
  return figure("lines", id, found->title, below);
}

bool has_figures(const Material& material) {
  return std::any_of(material.records.begin(), material.records.end(),
                     [](const Json& record) { return record.at("status") == "ok"; });
}

std::string findings(const Material& material) {
  std::string text = "<ul class=\"findings\">\n";
  for (const std::string& finding : make_findings(material.records))
    text += fmt::format("<li>{}</li>\n", escape_html(finding));
  return text + "</ul>\n";
}

std::string machine(const Material& material) { return material.table("machine"); }

std::string failures(const Material& material) { return material.table("failures", "<p>None.</p>\n"); }

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

std::string time(const Material& material) {
  if (!has_figures(material)) return "";
  return condition_selector(material.records) +
         chart("time", material.table("exponents") + details("Times as a table", material.table("time")));
}

std::string memory(const Material& material) {
  if (!has_figures(material)) return "";
  return chart("memory", details("Memory as a table", material.table("memory")));
}

std::string speed(const Material& material) { return material.table("speed"); }

std::string error(const Material& material) { return material.table("error"); }

std::string dispersion(const Material& material) {
  if (!has_figures(material)) return "";
  std::string shown;
  for (const Chart& one : charts())
    if (one.by_variant) shown += chart(one.id, "");
  return "<div id=\"variants\"></div>\n<div class=\"grid\">" + shown + "</div>" +
         details("Dispersion as a table", material.table("dispersion"));
}

std::string weights(const Material& material) {
  if (!has_figures(material)) return "";
  std::string text;
  for (const std::size_t index : heatmap_records(material.records)) {
    const Json& record = material.records[index];
    const Json& map = record.at("heatmap");
    text += figure("heatmap", fmt::format("heatmap-{}", index),
                   fmt::format("{} beside {}: head {}, {}, n = {}", text_at(record, "variant"),
                               text_at(record, "deviation.exact_variant"), text_at(map, "head"),
                               text_at(record, "input.name"), text_at(map, "n")),
                   details("Both maps as a table", to_html(make_heatmap_table(material.records, index))));
  }
  if (text.empty())
    return "<p>No record of a variant that gives something up has a map of its weights.</p>\n";
  return text +
         "<p class=\"note\">Weights of one head, pooled by their mean and multiplied by n, so that 1 is "
         "uniform attention. Queries run down, keys across. Both maps share one logarithmic colour scale, "
         "its "
         "ends standing for what lies beyond; blank where no key has weight.</p>\n";
}

std::string data(const Material&) {
  return "<p>The records that everything above was computed from.</p>\n"
         "<p class=\"downloads\"><button type=\"button\" data-download=\"jsonl\">Records, JSON "
         "lines</button> "
         "<button type=\"button\" data-download=\"csv\">Records, CSV without lists</button></p>\n";
}

}  // namespace

std::string Material::table(const std::string& id, const std::string& otherwise) const {
  for (const Table& candidate : tables)
    if (candidate.id == id) return candidate.rows.empty() ? otherwise : to_html(candidate);
  return otherwise;
}

const std::vector<Section>& sections() {
  static const std::vector<Section> table{
      {"findings", "What came out", findings},
      {"machine", "What ran, and where", machine},
      {"failures", "Failures, refusals and warnings", failures},
      {"time", "Time", time},
      {"memory", "Memory", memory},
      {"speed", "Against full", speed},
      {"error", "Error", error},
      {"dispersion", "Dispersion", dispersion},
      {"weights", "Weights", weights},
      {"data", "Data", data},
  };
  return table;
}

}  // namespace attnlab
