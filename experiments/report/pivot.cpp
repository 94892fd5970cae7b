#include "report/pivot.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "attnlab/core/argument_error.h"

namespace attnlab {

namespace {

constexpr std::array<std::string_view, 3> can_be_pivoted{"time", "memory", "error"};

/// A row of the table as an entry of the pivoted one.
struct Entry {
  std::string text;
  std::string raw;
  std::string why;
  bool doubtful = false;
};
struct Pivot {
  std::map<std::int64_t, std::map<std::size_t, Entry>> rows;  ///< by length and series
  std::map<std::size_t, std::string> names;                   ///< of the series
};

std::size_t column_named(const Table& table, std::string_view name) {
  const auto found = std::find_if(table.columns.begin(), table.columns.end(),
                                  [&](const Column& column) { return column.name == name; });
  return static_cast<std::size_t>(found - table.columns.begin());
}

Entry entry_of(const Table& table, std::size_t row, std::size_t figure) {
  const TableCell& cell = table.rows[row][figure];
  Entry entry{cell.text, cell.raw, cell.why, table.keys[row].doubtful};
  const bool has_interval = figure + 1 < table.columns.size() && !table.columns[figure + 1].high_name.empty();
  if (has_interval && table.rows[row][figure + 1].why.empty())
    entry.text += fmt::format(" ({})", table.rows[row][figure + 1].text);
  if (entry.doubtful) entry.text += "†";
  return entry;
}

Table to_table(const Table& from, const std::string& title, const Pivot& pivot) {
  const bool doubtful =
      std::any_of(from.keys.begin(), from.keys.end(), [](const RowKey& key) { return key.doubtful; });
  Table table{from.id + "-by-n", title, {{"n", "n"}}, {}, ""};
  const bool has_intervals = std::any_of(from.columns.begin(), from.columns.end(),
                                         [](const Column& column) { return !column.high_name.empty(); });
  table.note =
      fmt::format("The least of a row is bold.{}{}", has_intervals ? " In brackets: 99 % intervals." : "",
                  doubtful ? " †: disturbed, with too few clean samples." : "");
  for (const auto& [series, name] : pivot.names) table.columns.push_back({name, name});
  for (const auto& [n, entries] : pivot.rows) {
    std::string best;
    for (const auto& [series, entry] : entries)
      if (entry.why.empty() && !entry.doubtful && (best.empty() || std::stod(entry.raw) < std::stod(best)))
        best = entry.raw;
    std::vector<TableCell> row{fmt::format("{}", n)};
    for (const auto& [series, name] : pivot.names) {
      const auto found = entries.find(series);
      if (found == entries.end()) {
        row.push_back(TableCell::none("no figures"));
        continue;
      }
      const Entry& entry = found->second;
      TableCell cell(entry.text, entry.raw);
      cell.why = entry.why;
      cell.bold = entry.why.empty() && !entry.doubtful && entry.raw == best;
      row.push_back(std::move(cell));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace

std::vector<Table> pivot_by_length(const Table& table) {
  if (std::find(can_be_pivoted.begin(), can_be_pivoted.end(), table.id) == can_be_pivoted.end())
    throw ArgumentError("pivot", table.id, "has no figure for each n of which less is better",
                        "--table time, memory or error");
  const std::size_t dtype = column_named(table, "dtype");
  const std::size_t condition = column_named(table, "condition");
  const bool several = condition < table.columns.size();
  const std::size_t figure = (several ? condition : dtype) + 1;
  std::vector<std::pair<std::string, Pivot>> pivots;
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    const auto& cells = table.rows[row];
    const std::string title = fmt::format("{}: {}, {}{}", table.caption, table.columns[figure].title,
                                          cells[dtype].text, several ? ", " + cells[condition].text : "");
    auto found =
        std::find_if(pivots.begin(), pivots.end(), [&](const auto& one) { return one.first == title; });
    if (found == pivots.end()) found = pivots.insert(pivots.end(), {title, Pivot{}});
    const RowKey& key = table.keys[row];
    found->second.names[key.series] = cells[0].text;
    found->second.rows[key.n.value_or(0)][key.series] = entry_of(table, row, figure);
  }
  std::vector<Table> tables;
  for (const auto& [title, pivot] : pivots) {
    tables.push_back(to_table(table, title, pivot));
    if (pivots.size() > 1) tables.back().id += fmt::format("-{}", tables.size());
  }
  return tables;
}

}  // namespace attnlab
