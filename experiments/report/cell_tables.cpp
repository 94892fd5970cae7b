#include "report/cell_tables.h"

#include <fmt/format.h>

#include <algorithm>

#include "records/samples.h"

namespace attnlab {

TableCell figure(const Json& record, const std::string& path, double unit) {
  const auto value = number_at(record, path);
  return value ? TableCell(format_figure(*value / unit), text_at(record, path))
               : TableCell::none(not_recorded);
}

TableCell whole(const Json& record, const std::string& path) {
  const auto value = number_at(record, path);
  return value ? TableCell(fmt::format("{:.0f}", *value)) : TableCell::none(not_recorded);
}

Rows when_ok(const Json& record, std::vector<TableCell> cells) {
  return record.at("status") == "ok" ? Rows{std::move(cells)} : Rows{};
}

CellTables::CellTables(const std::vector<Json>& records) : names_(records), conditions_(records) {
  for (const Json& record : records) sorted_.push_back(&record);
  std::stable_sort(sorted_.begin(), sorted_.end(),
                   [&](const Json* a, const Json* b) { return key(*a) < key(*b); });
}

void CellTables::add(const Json& record, const std::vector<TableCell>& cells, Table& table) const {
  const bool shows_times = std::any_of(table.columns.begin(), table.columns.end(),
                                       [](const Column& column) { return column.name == "time_median_ns"; });
  std::vector<TableCell> row{names_.of(record), fmt::format("{}", seqlen_of(record)),
                             text_at(record, "cell.dtype")};
  if (conditions_.size() > 1) row.emplace_back(conditions_.label(conditions_.index(record)));
  row.insert(row.end(), cells.begin(), cells.end());
  table.rows.push_back(std::move(row));
  table.keys.push_back({names_.index(record), text_at(record, "cell.dtype"), seqlen_of(record),
                        shows_times && is_disturbed(record)});
}

std::tuple<std::size_t, bool, std::string, std::size_t, std::int64_t> CellTables::key(
    const Json& record) const {
  const std::string dtype = text_at(record, "cell.dtype");
  return {conditions_.index(record), dtype != "f32", dtype, names_.index(record), seqlen_of(record)};
}

}  // namespace attnlab
