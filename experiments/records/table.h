// A table of figures, independent of the output format.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "attnlab/measure/bootstrap.h"

namespace attnlab {

/// Text for a missing value.
inline constexpr const char* missing = "–";

struct TableCell {
  std::string text;  ///< for readers: rounded, in the unit of the column
  std::string raw;   ///< for programs, if it differs from `text`: the value of the record
  std::string high;  ///< for programs, of an interval: the upper end; `raw` is the lower end
  std::string why;   ///< why the value is missing
  bool bold = false;
  TableCell(std::string shown, std::string unrounded = "")
      : text(std::move(shown)), raw(std::move(unrounded)) {}
  static TableCell none(std::string reason);
};

struct Column {
  std::string title;
  std::string name;  ///< name in CSV, with the unit of the raw values
  bool numeric = true;
  std::string high_name = {};  ///< of an interval, the upper end in CSV; `name` is then the lower end
};

/// The properties of a row that the filters of the page use.
struct RowKey {
  std::size_t series;
  std::string dtype;
  std::optional<std::int64_t> n;  ///< of a row for one length
  bool doubtful = false;          ///< its times are disturbed: shown dimmed
};

struct Table {
  std::string id;
  std::string caption;
  std::vector<Column> columns;
  std::vector<std::vector<TableCell>> rows;
  std::string note;
  std::vector<RowKey> keys = {};   ///< one for each row; empty if the table is not filtered
  std::size_t naming_columns = 0;  ///< how many of the first columns name a row
};

/// Three significant digits, without an exponent from 0.01 on.
std::string format_figure(double value);

/// An interval divided by `unit`, such as `1.31 … 1.38`: three significant digits, or `decimals` digits after
/// the point.
TableCell interval_cell(const Interval& interval, int decimals = -1, double unit = 1);

}  // namespace attnlab
