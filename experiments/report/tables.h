// The report's tables, the same for every format.
#pragma once

#include <string>
#include <vector>

#include "cell.h"

namespace attnlab {

/// Text of a value that could not be had.
inline constexpr const char* missing = "–";

struct TableCell {
  std::string text;  ///< for readers: rounded, in the column's unit
  std::string raw;   ///< for programs, where it differs: as the record has it
  std::string why;   ///< of a missing value
  TableCell(std::string shown, std::string unrounded = "")
      : text(std::move(shown)), raw(std::move(unrounded)) {}
  static TableCell none(std::string reason);
};

struct Column {
  std::string title;
  std::string name;  ///< in CSV, with the unit of raw values
  bool numeric = true;
};

struct Table {
  std::string id;
  std::string caption;
  std::vector<Column> columns;
  std::vector<std::vector<TableCell>> rows;
  std::string note;
};

/// Three significant digits, without an exponent from 0.01 on.
std::string format_figure(double value);

/// Machine, build and cells; rows without a heading.
Table make_machine_table(const std::vector<Json>& records);

/// Machine, failures, exponents, time, memory, speed-up, error, dispersion, in that order; rows by condition,
/// dtype, series and n.
std::vector<Table> make_tables(const std::vector<Json>& records);

/// A heatmap as a table: both maps pooled to at most 8 x 8. Its id is `heatmap-INDEX`.
Table make_heatmap_table(const std::vector<Json>& records, std::size_t index);

/// Records whose heatmap is shown: one for each variant and input, without exact ones, which have nothing to
/// set beside them. Maps that are not whole are left out.
std::vector<std::size_t> heatmap_records(const std::vector<Json>& records);

}  // namespace attnlab
