#include "report/sections.h"

#include <fmt/format.h>

#include <algorithm>

#include "records/analysis.h"
#include "records/formats.h"
#include "report/chart_data.h"
#include "report/charts.h"
#include "report/elements.h"
#include "report/findings.h"
#include "report/first_screen.h"

namespace attnlab {

namespace {

std::string chart(const std::string& id, const std::string& below) {
  const auto found =
      std::find_if(charts().begin(), charts().end(), [&](const Chart& one) { return one.id == id; });
  return figure("lines", id, found->title, below);
}

const std::vector<Json>& records_of(const Material& material) { return material.subject.records; }

bool has_figures(const Material& material) { return !charted(records_of(material)).empty(); }

std::string paragraph(const std::string& text, const char* kind) {
  return text.empty() ? "" : fmt::format("<p class=\"{}\">{}</p>\n", kind, escape_html(text));
}

/// A table, collapsed if it is long.
std::string folded(const Material& material, const std::string& id) {
  for (const Table& table : material.tables)
    if (table.id == id && table.rows.size() > 12)
      return details(fmt::format("{}: {} rows", table.caption, table.rows.size()), to_html(table));
  return material.table(id);
}

/// The checks that call for caution, then their table.
std::string validity(const Material& material) {
  std::string cautions;
  for (const auto& row : material.table_named("validity").rows)
    if (std::any_of(row.begin(), row.end(), [](const TableCell& cell) { return cell.text == caution; }))
      cautions += (cautions.empty() ? "" : ", ") + row[0].text;
  return paragraph(cautions.empty() ? "No check below calls for caution." : "Caution: " + cautions + ".",
                   "lead") +
         material.table("validity") + folded(material, "failures") +
         (material.table("pairs").empty() ? "" : details("A/A pairs", material.table("pairs")));
}

/// The answer in a sentence, the variants at the largest n, the chart of time.
std::string answer(const Material& material) {
  std::string text =
      paragraph(make_answer(material.subject, material.against), "answer") + material.table("summary");
  if (has_figures(material))
    text += chart("time",
                  details("Exponents, and times as a table",
                          material.table("exponents") + material.table("octaves") + material.table("time")));
  return text;
}

std::string findings(const Material& material) {
  std::string text = "<ul class=\"findings\">\n";
  for (const std::string& finding : make_findings(material.subject))
    text += fmt::format("<li>{}</li>\n", escape_html(finding));
  return text + "</ul>\n";
}

std::string machine(const Material& material) { return material.table("machine"); }

std::string comparison(const Material& material) {
  if (!material.subject.comparison) return "";
  return paragraph(fmt::format("A is {}, B is {}.", material.subject.names[0], material.subject.names[1]),
                   "lead") +
         figure("ratios", "ratios", "Time of B over time of A", material.table("compare")) +
         material.table("not-compared");
}

std::string crossover(const Material& material) { return material.table("crossover"); }

std::string memory(const Material& material) {
  if (!has_figures(material)) return "";
  return chart("memory", paragraph("Marks are measured; lines are predictions from before the run.", "note") +
                             details("Memory as a table", material.table("memory")));
}

std::string samples(const Material& material) {
  // A single sample has no spread about its median.
  const auto several = [](const Json* cell) {
    const Json* taken = value_at(*cell, "time.samples_ns");
    return taken && taken->is_array() && taken->size() > 1;
  };
  const std::vector<const Json*> cells = charted(records_of(material));
  if (std::none_of(cells.begin(), cells.end(), several)) return "";
  return figure(
      "samples", "samples", "Samples of each cell about its median; crosses are disturbed",
      paragraph(
          "A tick is a sample, one process; a cross is a disturbed sample. The band is the noise floor. The "
          "scale is linear within 1 % and logarithmic beyond.",
          "note"));
}

std::string speed(const Material& material) { return material.table("speed"); }

std::string error(const Material& material) { return material.table("error") + folded(material, "against"); }

std::string pareto(const Material& material) {
  if (!has_figures(material)) return "";
  return figure(
      "pareto", "pareto", "Time and memory against distance from exact attention and against entropy",
      paragraph(
          "Lower left is better; the line joins the cells that no other cell beats on both axes. Distance: "
          "the deviation of the variant plus the error of its computation, relative L2. Entropy: entropy of "
          "a row over the logarithm of its visible keys; lower is sharper.",
          "note"));
}

std::string dispersion(const Material& material) {
  if (!has_figures(material)) return "";
  // The first charts are open, so that the page stays short.
  constexpr std::size_t open = 2;
  std::vector<std::string> shown;
  for (const Chart& one : charts())
    if (one.by_variant && is_drawn(one, records_of(material))) shown.push_back(chart(one.id, ""));
  std::string first;
  std::string more;
  for (std::size_t at = 0; at < shown.size(); ++at) (at < open ? first : more) += shown[at];
  const auto grid = [](const std::string& figures) { return "<div class=\"grid\">" + figures + "</div>"; };
  return "<div id=\"variants\"></div>\n" + grid(first) +
         (more.empty() ? "" : details("Charts of the other statistics", grid(more))) +
         material.table("needle") +
         details("Spread, concentration, reach, sharpness and the exact filter as tables",
                 material.table("sharpness") + material.table("filter") + material.table("dispersion") +
                     material.table("concentration") + material.table("reach"));
}

std::string heads(const Material& material) {
  if (heads_data(records_of(material)).at("cells").empty()) return "";
  return figure("heads", "heads", "Dispersion of each head",
                paragraph("All panels have one colour scale.", "note"));
}

std::string weights(const Material& material) {
  if (!has_figures(material)) return "";
  const std::vector<Json>& records = records_of(material);
  std::string text;
  for (const std::size_t index : heatmap_records(records)) {
    const Json& record = records[index];
    const Json& map = record.at("heatmap");
    text += figure("heatmap", fmt::format("heatmap-{}", index),
                   fmt::format("{} beside {}: head {}, {}, n = {}", text_at(record, "variant"),
                               text_at(record, "deviation.exact_variant"), text_at(map, "head"),
                               text_at(record, "input.name"), text_at(map, "n")),
                   details("Both maps as a table", to_html(make_heatmap_table(records, index))));
  }
  if (text.empty())
    return "<p>No record of a variant that differs from exact attention has a map of weights.</p>\n";
  const std::string limit = heatmap_records(records).size() == most_heatmaps
                                ? fmt::format(" Only the first {} are shown.", most_heatmaps)
                                : "";
  return text +
         "<p class=\"note\">Weights of one head: means of bins, multiplied by n, so that 1 is uniform "
         "attention. Queries run down, keys across. The maps share one logarithmic colour scale; its ends "
         "include all values beyond. Grey: no key has weight; in a difference, in neither map. White: no "
         "change." +
         limit + "</p>\n";
}

std::string data(const Material&) {
  return "<p>The figures behind the charts above, a line for each cell. The records.jsonl of the run has "
         "every sample of every cell.</p>\n"
         "<p class=\"downloads\"><button type=\"button\" data-download=\"cells\">Figures of all cells, "
         "CSV</button></p>\n";
}

Json samples_of(const Material& material) { return samples_data(material.subject); }
Json pareto_of(const Material& material) { return pareto_data(records_of(material)); }
Json heads_of(const Material& material) { return heads_data(records_of(material)); }
Json maps_of(const Material& material) { return maps_data(records_of(material)); }
Json ratios_of(const Material& material) { return ratios_data(material.subject); }

}  // namespace

const Table& Material::table_named(const std::string& id) const {
  return *std::find_if(tables.begin(), tables.end(), [&](const Table& table) { return table.id == id; });
}

std::string Material::table(const std::string& id, const std::string& otherwise) const {
  for (const Table& candidate : tables)
    if (candidate.id == id) return candidate.rows.empty() ? otherwise : to_html(candidate);
  return otherwise;
}

const std::vector<Section>& sections() {
  static const std::vector<Section> table{
      {"answer", "Answer", answer},
      {"comparison", "B against A", comparison, false, ratios_of},
      {"findings", "Findings", findings},
      {"crossover", "Crossover", crossover, true},
      {"memory", "Memory", memory},
      {"error", "Error", error},
      {"dispersion", "Dispersion against sequence length", dispersion},
      {"validity", "Validity", validity},
      {"speed", "Against the baseline", speed, true},
      {"pareto", "Trade-offs", pareto, true, pareto_of},
      {"samples", "Samples", samples, true, samples_of},
      {"heads", "Heads", heads, true, heads_of},
      {"weights", "Maps of weights", weights, true, maps_of},
      {"machine", "Machine and build", machine, true},
      {"data", "Data", data, true},
  };
  return table;
}

}  // namespace attnlab
