// The report's tables, the same for every format.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cell.h"
#include "report/subject.h"

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

/// State of a check that failed.
inline constexpr const char* caution = "CAUTION";

/// Whether the figures can be trusted: what could spoil them, and whether it did. A row a check; of each run
/// what was found and the state.
Table make_validity_table(const Subject& subject);

/// A/A pairs: what the same cell differs by when it is measured twice.
Table make_pairs_table(const Subject& subject);

/// Machine, build and cells; rows without a heading.
Table make_machine_table(const std::vector<Json>& records);

/// Exponents of time and memory; slopes of time from one length to the next.
Table make_exponents_table(const std::vector<Json>& records);
Table make_octaves_table(const std::vector<Json>& records);

/// All of them, in the order of the page: validity, pairs, failures, machine, of two runs their comparison,
/// crossover, exponents, octaves, time, memory, speed, error, then those of dispersion; rows by condition,
/// dtype, series and n.
std::vector<Table> make_tables(const Subject& subject);

/// What weights are like: spread, concentration, reach, sharpness, against the baseline, filter, needle.
std::vector<Table> make_dispersion_tables(const std::vector<Json>& records);

/// Weight on the needle of input needle(delta), one column a length; no rows without such records.
Table make_needle_table(const std::vector<Json>& records);

/// A heatmap as a table: both maps pooled to at most 8 x 8. Its id is `heatmap-INDEX`.
Table make_heatmap_table(const std::vector<Json>& records, std::size_t index);

inline constexpr std::size_t most_heatmaps = 24;

/// Records whose heatmap is shown: one for each variant and input, the first `most_heatmaps` of them, without
/// exact ones, which have nothing to set beside them. Maps that are not whole are left out.
std::vector<std::size_t> heatmap_records(const std::vector<Json>& records);

}  // namespace attnlab
