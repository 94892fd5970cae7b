// Tables with a row for each cell, all in the same order, and their table cells.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "records/analysis.h"
#include "records/series_names.h"
#include "report/tables.h"

namespace attnlab {

inline constexpr const char* not_recorded = "not recorded";

/// The value of a record divided by `unit`, with three digits; `raw` is the value itself.
TableCell figure(const Json& record, const std::string& path, double unit = 1);

/// The whole number of a record.
TableCell whole(const Json& record, const std::string& path);

/// The rows of one record; none if the table leaves the record out.
using Rows = std::vector<std::vector<TableCell>>;

/// One row, if the record has figures.
Rows when_ok(const Json& record, std::vector<TableCell> cells);

/// Rows begin with the columns that identify a cell and are ordered by condition, dtype (f32 first), series
/// and n.
class CellTables {
 public:
  /// Keeps a reference to `records`.
  explicit CellTables(const std::vector<Json>& records);

  /// `cells(record)` returns the Rows of a record, with a table cell for each of `columns`.
  template <class Cells>
  Table make(const char* id, const std::string& caption, const std::vector<Column>& columns, Cells cells,
             const char* note) const {
    Table table{
        id, caption, {{"variant", "variant", false}, {"n", "n", true}, {"dtype", "dtype", false}}, {}, note};
    if (conditions_.size() > 1) table.columns.push_back({"under", "condition", false});
    table.columns.insert(table.columns.end(), columns.begin(), columns.end());
    for (const Json* record : sorted_)
      for (const std::vector<TableCell>& more : cells(*record)) add(*record, more, table);
    return table;
  }

 private:
  void add(const Json& record, const std::vector<TableCell>& cells, Table& table) const;
  std::tuple<std::size_t, bool, std::string, std::size_t, std::int64_t> key(const Json& record) const;

  SeriesNames names_;
  Conditions conditions_;
  std::vector<const Json*> sorted_;
};

}  // namespace attnlab
