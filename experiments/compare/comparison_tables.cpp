#include "compare/comparison_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "records/analysis.h"
#include "records/quantities.h"
#include "records/series_names.h"

namespace attnlab {

namespace {

/// Names of cells: their series, and the parts of their conditions in which cells differ.
class Labels {
 public:
  explicit Labels(const Comparison& comparison)
      : Labels([&] {
          std::vector<Json> records;
          // Without the figures, which are large.
          const auto add = [&](const Json& record) {
            Json& cell = records.emplace_back();
            for (const char* key : {"backend", "engine", "variant", "cell", "input", "machine"})
              cell[key] = record.at(key);
          };
          for (const Pair& pair : comparison.pairs) {
            add(pair.a);
            add(pair.b);
          }
          for (const Unpaired& unpaired : comparison.unpaired) add(unpaired.record);
          return records;
        }()) {}

  std::string of(Json record) const {
    record.erase("run");
    const std::string& condition = conditions_.label(conditions_.index(record));
    return names_.of(record) + (condition.empty() ? "" : ", " + condition);
  }

 private:
  explicit Labels(const std::vector<Json>& records) : names_(records), conditions_(records) {}

  SeriesNames names_;
  Conditions conditions_;
};

std::string change(std::optional<double> a, std::optional<double> b, const auto& show) {
  if (!a || !b) return missing;
  return *a == *b ? show(*a) : fmt::format("{} → {}", show(*a), show(*b));
}

Table pairs_table(const Comparison& comparison, const Labels& labels) {
  Table table{"compare",
              "B against A",
              {{"variant", "variant", false},
               {"n", "n"},
               {"dtype", "dtype", false},
               {"threads", "threads"},
               {"time A", "time_a"},
               {"time B", "time_b"},
               {"B / A", "ratio"},
               {"99 % interval", "ratio_low", true, "ratio_high"},
               {"verdict", "verdict", false},
               {"workspace", "workspace"},
               {"heap peak", "heap_peak"},
               {"max error", "max_error"},
               {"entropy", "entropy"}},
              {},
              verdict_note(comparison.floor)};
  const auto time = [](double ns) { return format_seconds(ns * 1e-9); };
  const auto bytes = [](double value) { return format_bytes(static_cast<std::int64_t>(value)); };
  const auto error = [](double value) { return fmt::format("{:.1e}", value); };
  const auto entropy = [](double value) { return fmt::format("{:.4g}", value); };
  for (const Pair& pair : comparison.pairs) {
    const auto changed = [&](const char* path, const auto& show) {
      return change(number_at(pair.a, path), number_at(pair.b, path), show);
    };
    const std::string a = labels.of(pair.a);
    const std::string b = labels.of(pair.b);
    table.rows.push_back(
        {a == b ? a : fmt::format("{} → {}", a, b), fmt::format("{}", seqlen_of(pair.a)),
         text_at(pair.a, "cell.dtype"), text_at(pair.a, "cell.threads"),
         time(*number_at(pair.a, "time.median_ns")), time(*number_at(pair.b, "time.median_ns")),
         TableCell(fmt::format("{:.3f}", pair.time.value), fmt::format("{}", pair.time.value)),
         has_interval(pair.time) ? interval_cell(pair.time.interval, 3) : TableCell::none(no_interval),
         TableCell(in_words(pair.time), std::string(to_string(pair.time.verdict))),
         changed("memory.workspace_bytes", bytes), changed("memory.heap_peak_bytes", bytes),
         changed("error.max_abs", error), changed("dispersion.mean.entropy", entropy)});
  }
  return table;
}

Table unpaired_table(const Comparison& comparison, const Labels& labels) {
  Table table{"not-compared",
              "Not compared",
              {{"variant", "variant", false}, {"n", "n"}, {"dtype", "dtype", false}, {"why", "why", false}},
              {},
              ""};
  for (const Unpaired& unpaired : comparison.unpaired)
    table.rows.push_back({labels.of(unpaired.record), fmt::format("{}", seqlen_of(unpaired.record)),
                          text_at(unpaired.record, "cell.dtype"), unpaired.why});
  return table;
}

}  // namespace

std::vector<Table> comparison_tables(const Comparison& comparison) {
  const Labels labels(comparison);
  std::vector<Table> tables{pairs_table(comparison, labels)};
  if (!comparison.unpaired.empty()) tables.push_back(unpaired_table(comparison, labels));
  return tables;
}

Table comparison_as_one_table(const Comparison& comparison) {
  const Labels labels(comparison);
  Table table = pairs_table(comparison, labels);
  const auto column = [&](const char* name) {
    return std::find_if(table.columns.begin(), table.columns.end(),
                        [&](const Column& one) { return one.name == name; }) -
           table.columns.begin();
  };
  const auto verdict = static_cast<std::size_t>(column("verdict"));
  table.columns.push_back({"why", "why", false});
  for (auto& row : table.rows) row.emplace_back("");
  for (const Unpaired& unpaired : comparison.unpaired) {
    std::vector<TableCell> row(table.columns.size(), TableCell(""));
    row[0] = labels.of(unpaired.record);
    row[1] = fmt::format("{}", seqlen_of(unpaired.record));
    row[2] = text_at(unpaired.record, "cell.dtype");
    row[3] = text_at(unpaired.record, "cell.threads");
    row[verdict] = std::string("NOT COMPARED");
    row.back() = unpaired.why;
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace attnlab
