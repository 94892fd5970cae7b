#include "compare/comparison_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "records/analysis.h"
#include "records/quantities.h"
#include "records/series_names.h"

namespace attnlab {

namespace {

/// The columns that name cells: their series, n, dtype, threads, and the other parts of their conditions in
/// which cells differ.
class CellNames {
 public:
  explicit CellNames(const Comparison& comparison)
      : CellNames([&] {
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

  std::vector<Column> columns() const {
    std::vector<Column> columns{
        {"variant", "variant", false}, {"n", "n"}, {"dtype", "dtype", false}, {"threads", "threads"}};
    for (const Column& column : conditions_.columns("threads")) columns.push_back(column);
    return columns;
  }

  std::vector<TableCell> of(Json record) const {
    record.erase("run");
    std::vector<TableCell> cells{names_.of(record), fmt::format("{}", seqlen_of(record)),
                                 text_at(record, "cell.dtype"), text_at(record, "cell.threads")};
    for (const TableCell& value : conditions_.values(record, "threads")) cells.push_back(value);
    return cells;
  }

  /// What differs between the two as `a → b`.
  std::vector<TableCell> of(const Pair& pair) const {
    std::vector<TableCell> cells = of(pair.a);
    const std::vector<TableCell> others = of(pair.b);
    for (std::size_t at = 0; at < cells.size(); ++at)
      if (cells[at].text != others[at].text)
        cells[at].text = fmt::format("{} → {}", cells[at].text, others[at].text);
    return cells;
  }

 private:
  explicit CellNames(const std::vector<Json>& records) : names_(records), conditions_(records) {}

  SeriesNames names_;
  Conditions conditions_;
};

std::string change(std::optional<double> a, std::optional<double> b, const auto& show) {
  if (!a || !b) return missing;
  return *a == *b ? show(*a) : fmt::format("{} → {}", show(*a), show(*b));
}

Table pairs_table(const Comparison& comparison, const CellNames& names) {
  Table table{"compare", "B against A", names.columns(), {}, verdict_note(comparison.floor)};
  table.naming_columns = table.columns.size();
  for (const Column& column : {Column{"time A", "time_a"},
                               {"time B", "time_b"},
                               {"B / A", "ratio"},
                               {"99 % interval", "ratio_low", true, "ratio_high"},
                               {"verdict", "verdict", false},
                               {"workspace", "workspace"},
                               {"heap peak", "heap_peak"},
                               {"max error", "max_error"},
                               {"entropy", "entropy"}})
    table.columns.push_back(column);
  const auto time = [](double ns) { return format_seconds(ns * 1e-9); };
  const auto bytes = [](double value) { return format_bytes(static_cast<std::int64_t>(value)); };
  const auto error = [](double value) { return fmt::format("{:.1e}", value); };
  const auto entropy = [](double value) { return fmt::format("{:.4g}", value); };
  for (const Pair& pair : comparison.pairs) {
    const auto changed = [&](const char* path, const auto& show) -> TableCell {
      return change(number_at(pair.a, path), number_at(pair.b, path), show);
    };
    std::vector<TableCell>& row = table.rows.emplace_back(names.of(pair));
    for (const TableCell& figure :
         {TableCell(time(*number_at(pair.a, "time.median_ns"))),
          TableCell(time(*number_at(pair.b, "time.median_ns"))),
          TableCell(fmt::format("{:.3f}", pair.time.value), fmt::format("{}", pair.time.value)),
          interval_cell(pair.time.interval, 3),
          TableCell(in_words(pair.time), std::string(to_string(pair.time.verdict))),
          changed("memory.workspace_bytes", bytes), changed("memory.heap_peak_bytes", bytes),
          changed("error.max_abs", error), changed("dispersion.mean.entropy", entropy)})
      row.push_back(figure);
  }
  return table;
}

Table unpaired_table(const Comparison& comparison, const CellNames& names) {
  Table table{"not-compared", "Not compared", names.columns(), {}, ""};
  table.naming_columns = table.columns.size();
  table.columns.push_back({"why", "why", false});
  for (const Unpaired& unpaired : comparison.unpaired) {
    table.rows.push_back(names.of(unpaired.record));
    table.rows.back().emplace_back(unpaired.why);
  }
  return table;
}

}  // namespace

std::vector<Table> comparison_tables(const Comparison& comparison) {
  const CellNames names(comparison);
  std::vector<Table> tables{pairs_table(comparison, names)};
  if (!comparison.unpaired.empty()) tables.push_back(unpaired_table(comparison, names));
  return tables;
}

Table comparison_as_one_table(const Comparison& comparison) {
  const CellNames names(comparison);
  Table table = pairs_table(comparison, names);
  const auto verdict =
      static_cast<std::size_t>(std::find_if(table.columns.begin(), table.columns.end(),
                                            [](const Column& one) { return one.name == "verdict"; }) -
                               table.columns.begin());
  table.columns.push_back({"why", "why", false});
  for (auto& row : table.rows) row.emplace_back("");
  for (const Unpaired& unpaired : comparison.unpaired) {
    std::vector<TableCell> row = names.of(unpaired.record);
    row.resize(table.columns.size(), TableCell(""));
    row[verdict] = std::string("NOT COMPARED");
    row.back() = unpaired.why;
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace attnlab
