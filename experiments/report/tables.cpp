#include "report/tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "dispersion/row_statistics.h"
#include "report/analysis.h"

namespace attnlab {

namespace {

constexpr const char* not_recorded = "not recorded";

/// A record's value over `unit`, three digits; raw as it stands.
TableCell figure(const Json& record, const std::string& path, double unit = 1) {
  const auto value = number_at(record, path);
  return value ? TableCell(format_figure(*value / unit), text_at(record, path))
               : TableCell::none(not_recorded);
}

TableCell scientific(const Json& record, const std::string& path) {
  const auto value = number_at(record, path);
  return value ? TableCell(*value == 0 ? "0" : fmt::format("{:.1e}", *value), text_at(record, path))
               : TableCell::none(not_recorded);
}

TableCell times(const Ratio& ratio) {
  return ratio.value ? TableCell(format_figure(*ratio.value) + " ×", fmt::format("{}", *ratio.value))
                     : TableCell::none(ratio.why);
}

/// Rows of one kind of table: what identifies a cell first, then `columns`.
class CellTables {
 public:
  explicit CellTables(const std::vector<Json>& records)
      : records_(records), names_(records), conditions_(records) {
    for (const Json& record : records) sorted_.push_back(&record);
    std::stable_sort(sorted_.begin(), sorted_.end(),
                     [&](const Json* a, const Json* b) { return key(*a) < key(*b); });
  }

  /// `cells(record)` for every record; an empty list: no row.
  template <class Cells>
  Table make(const char* id, const char* caption, std::vector<Column> columns, Cells cells,
             const char* note) const {
    Table table{
        id, caption, {{"backend", "backend", false}, {"n", "n", true}, {"dtype", "dtype", false}}, {}, note};
    if (conditions_.size() > 1) table.columns.push_back({"under", "condition", false});
    table.columns.insert(table.columns.end(), columns.begin(), columns.end());
    for (const Json* record : sorted_)
      for (const std::vector<TableCell>& more : cells(*record)) {
        std::vector<TableCell> row{names_.of(*record), fmt::format("{}", seqlen_of(*record)),
                                   text_at(*record, "cell.dtype")};
        if (conditions_.size() > 1) row.emplace_back(conditions_.label(conditions_.index(*record)));
        row.insert(row.end(), more.begin(), more.end());
        table.rows.push_back(std::move(row));
      }
    return table;
  }

  Table exponents() const;

 private:
  std::tuple<std::size_t, bool, std::string, std::size_t, std::int64_t> key(const Json& record) const {
    const std::string dtype = text_at(record, "cell.dtype");
    return {conditions_.index(record), dtype != "f32", dtype, names_.index(record), seqlen_of(record)};
  }

  const std::vector<Json>& records_;
  SeriesNames names_;
  Conditions conditions_;
  std::vector<const Json*> sorted_;
};

Table CellTables::exponents() const {
  Table table{
      "exponents",
      "Fitted exponents: grows as n to the power of",
      {{"backend", "backend", false}, {"dtype", "dtype", false}},
      {},
      "Slope of ln y over ln n by least squares over the medians of all lengths that ran; three at least."};
  if (conditions_.size() > 1) table.columns.push_back({"under", "condition", false});
  for (const Column& column :
       {Column{"lengths", "lengths"}, Column{"time", "time_exponent"},
        Column{"workspace", "workspace_exponent"}, Column{"heap peak", "heap_exponent"}})
    table.columns.push_back(column);
  std::set<std::tuple<std::size_t, std::string, std::size_t>> seen;
  for (const Json* record : sorted_) {
    const auto curve = [&](const Json& other) {
      return std::tuple(conditions_.index(other), text_at(other, "cell.dtype"), names_.index(other));
    };
    if (record->at("status") != "ok" || !seen.insert(curve(*record)).second) continue;
    std::set<std::int64_t> lengths;
    const auto slope = [&](const char* path) -> TableCell {
      std::vector<std::pair<double, double>> points;
      for (const Json* other : sorted_)
        if (const auto value = number_at(*other, path);
            other->at("status") == "ok" && curve(*other) == curve(*record) && value && *value > 0) {
          points.emplace_back(static_cast<double>(seqlen_of(*other)), *value);
          lengths.insert(seqlen_of(*other));
        }
      const auto exponent = fitted_exponent(points);
      return exponent ? TableCell(fmt::format("{:.2f}", *exponent), fmt::format("{}", *exponent))
                      : TableCell::none("fewer than three lengths");
    };
    const std::vector<TableCell> slopes{slope("time.median_ns"), slope("memory.workspace_bytes"),
                                        slope("memory.heap_peak_bytes")};
    std::vector<TableCell> row{names_.of(*record), text_at(*record, "cell.dtype")};
    if (conditions_.size() > 1) row.emplace_back(conditions_.label(conditions_.index(*record)));
    row.emplace_back(fmt::format("{}", lengths.size()));
    row.insert(row.end(), slopes.begin(), slopes.end());
    table.rows.push_back(std::move(row));
  }
  return table;
}

using Rows = std::vector<std::vector<TableCell>>;

Rows failures(const Json& record) {
  const std::string reason = text_at(record, "reason");
  if (record.at("status") != "ok")
    return {{text_at(record, "status"),
             reason.empty() ? TableCell::none("no reason was recorded") : TableCell(reason)}};
  Rows rows;
  for (const Json& warning : record.at("warnings"))
    rows.push_back({std::string("warning"), warning.get<std::string>()});
  // A sweep warns of this itself; records of other makers may not.
  if (!counts(record) && rows.empty())
    rows.push_back({std::string("over budget"),
                    number_at(record, "error.max_abs")
                        ? TableCell(fmt::format("largest error {:.2g}, budget {:.2g}",
                                                *number_at(record, "error.max_abs"),
                                                number_at(record, "error.budget_max_abs").value_or(0)))
                        : TableCell("the error could not be judged")});
  return rows;
}

Rows when_ok(const Json& record, std::vector<TableCell> cells) {
  return record.at("status") == "ok" ? Rows{std::move(cells)} : Rows{};
}

}  // namespace

TableCell TableCell::none(std::string reason) {
  TableCell cell(missing);
  cell.why = std::move(reason);
  return cell;
}

std::string format_figure(double value) {
  if (value == 0) return "0";
  const double size = value < 0 ? -value : value;
  return size < 0.01     ? fmt::format("{:.2e}", value)
         : size < 0.9995 ? fmt::format("{:.3f}", value)
         : size < 9.995  ? fmt::format("{:.2f}", value)
         : size < 99.95  ? fmt::format("{:.1f}", value)
                         : fmt::format("{:.0f}", value);
}

std::vector<Table> make_tables(const std::vector<Json>& records) {
  const CellTables cells(records);
  const FullBaseline full(records);
  constexpr double ms = 1e6;
  constexpr double mib = 0x1p20;
  std::vector<Column> statistics;
  for (const char* title : {"entropy", "÷ ln n", "participation", "max weight", "sink mass", "window mass",
                            "distance", "support"})
    statistics.push_back({title, std::string(statistic_names[statistics.size()])});
  return {
      make_machine_table(records),
      cells.make("failures", "Cells without figures, and figures with a caveat",
                 {{"status", "status", false}, {"reason", "reason", false}}, failures, ""),
      cells.exponents(),
      cells.make(
          "time", "Time of one call",
          {{"median, ms", "time_median_ns"},
           {"least, ms", "time_min_ns"},
           {"most, ms", "time_max_ns"},
           {"GFLOP/s", "gflop_per_s"}},
          [&](const Json& record) {
            const auto flops = number_at(record, "work.flops");
            const auto time = number_at(record, "time.median_ns");
            return when_ok(record, {figure(record, "time.median_ns", ms), figure(record, "time.min_ns", ms),
                                    figure(record, "time.max_ns", ms),
                                    flops && time && *time > 0 ? TableCell(format_figure(*flops / *time),
                                                                           fmt::format("{}", *flops / *time))
                                                               : TableCell::none(not_recorded)});
          },
          "Median, least and most over the rounds, packing of K and V included. GFLOP/s: visible pairs "
          "only."),
      cells.make(
          "memory", "Memory of one call",
          {{"workspace, MiB", "workspace_bytes"},
           {"heap peak, MiB", "heap_peak_bytes"},
           {"resident, MiB", "rss_delta_bytes"},
           {"inputs, MiB", "inputs_bytes"}},
          [&](const Json& record) {
            return when_ok(
                record,
                {figure(record, "memory.workspace_bytes", mib), figure(record, "memory.heap_peak_bytes", mib),
                 figure(record, "memory.rss_delta_bytes", mib), figure(record, "memory.inputs_bytes", mib)});
          },
          "Workspace: what the engine allocated, exact, without inputs and output. Heap peak: all of the "
          "heap. "
          "Resident: growth of the resident set, to a page. Inputs: Q, K, V and the output."),
      cells.make(
          "speed", "Time and memory against full",
          {{"time, ms", "time_median_ns"},
           {"speed-up", "speed_up"},
           {"workspace, MiB", "workspace_bytes"},
           {"times smaller", "workspace_ratio"}},
          [&](const Json& record) {
            return when_ok(record,
                           {figure(record, "time.median_ns", ms), times(full.ratio(record, "time.median_ns")),
                            figure(record, "memory.workspace_bytes", mib),
                            times(full.ratio(record, "memory.workspace_bytes"))});
          },
          "Against the cell of full with the same n, dtype, shape, threads, seed and input: of the same "
          "variant where full "
          "ran it, else of its exact counterpart."),
      cells.make(
          "error", "Error, and what a variant gives up",
          {{"max error", "max_abs"},
           {"budget", "budget_max_abs"},
           {"within", "within_budget", false},
           {"relative L2", "relative_l2"},
           {"given up, max", "deviation_max_abs"},
           {"given up, relative L2", "deviation_relative_l2"}},
          [&](const Json& record) {
            return when_ok(
                record,
                {scientific(record, "error.max_abs"), scientific(record, "error.budget_max_abs"),
                 number_at(record, "error.max_abs") ? TableCell(counts(record) ? "yes" : "no")
                                                    : TableCell::none("the error could not be judged"),
                 scientific(record, "error.relative_l2"), figure(record, "deviation.max_abs"),
                 figure(record, "deviation.relative_l2")});
          },
          "Error: against the float64 oracle of the same variant, on query rows spread over the sequence, of "
          "every head. Budget: "
          "twice the error of textbook code in the same precision + 4 eps max|V|. Given up: the variant's "
          "oracle output "
          "against that of softmax over all keys (all past keys where the variant is causal)."),
      cells.make(
          "dispersion", "Dispersion of the weights", statistics,
          [&](const Json& record) {
            std::vector<TableCell> row;
            for (const Column& statistic : statistics)
              row.push_back(figure(record, "dispersion.mean." + statistic.name));
            return when_ok(record, row);
          },
          "Means over all rows of all heads. Entropy in nats; ÷ ln n: over the logarithm of the row's "
          "visible keys; "
          "participation: 1 / sum p²; sink mass: first 4 keys; window mass: last 128 keys; distance: mean |i "
          "- j|; support: "
          "keys with p > 0."),
  };
}

}  // namespace attnlab
