// A table of figures, the same for every format.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "attnlab/measure/bootstrap.h"

namespace attnlab {

/// Text of a value that could not be had.
inline constexpr const char* missing = "–";

struct TableCell {
  std::string text;  ///< for readers: rounded, in the column's unit
  std::string raw;   ///< for programs, where it differs: as the record has it
  std::string high;  ///< for programs, of an interval: its upper end; `raw` is the lower one
  std::string why;   ///< of a missing value
  TableCell(std::string shown, std::string unrounded = "")
      : text(std::move(shown)), raw(std::move(unrounded)) {}
  static TableCell none(std::string reason);
};

struct Column {
  std::string title;
  std::string name;  ///< in CSV, with the unit of raw values
  bool numeric = true;
  std::string high_name = {};  ///< of intervals, in CSV: the upper end's; `name` is the lower one's
};

/// What the page's filters know a row by.
struct RowKey {
  std::size_t series;
  std::string dtype;
  std::optional<std::int64_t> n;  ///< of a row that stands for one length
};

struct Table {
  std::string id;
  std::string caption;
  std::vector<Column> columns;
  std::vector<std::vector<TableCell>> rows;
  std::string note;
  std::vector<RowKey> keys = {};  ///< one for each row, or none: a table without filters
};

/// Three significant digits, without an exponent from 0.01 on.
std::string format_figure(double value);

/// As `1.31 … 1.38`, over `unit`: three significant digits, or so many decimals.
TableCell interval_cell(const Interval& interval, int decimals = -1, double unit = 1);

}  // namespace attnlab
