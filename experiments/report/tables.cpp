#include "report/tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "compare/comparison_tables.h"
#include "dispersion/row_statistics.h"
#include "report/against.h"
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

/// How many values a list has.
TableCell count(const Json& record, const std::string& path) {
  const Json* list = value_at(record, path);
  return list && list->is_array() ? TableCell(fmt::format("{}", list->size()))
                                  : TableCell::none(not_recorded);
}

TableCell time_interval(const Json& record, double unit) {
  const auto low = number_at(record, "time.low_ns");
  const auto high = number_at(record, "time.high_ns");
  return low && high ? interval_cell({*low, *high}, -1, unit) : TableCell::none(not_recorded);
}

TableCell as_predicted(const Json& record) {
  const auto workspace = number_at(record, "memory.workspace_bytes");
  const auto predicted = number_at(record, "memory.workspace_predicted_bytes");
  return workspace && predicted ? TableCell(*workspace == *predicted ? "yes" : "no")
                                : TableCell::none(not_recorded);
}

TableCell scientific(const Json& record, const std::string& path) {
  const auto value = number_at(record, path);
  return value ? TableCell(*value == 0 ? "0" : fmt::format("{:.1e}", *value), text_at(record, path))
               : TableCell::none(not_recorded);
}

/// A ratio to the baseline.
TableCell times(const std::optional<double>& ratio, const std::string& why) {
  return ratio ? TableCell(format_figure(*ratio) + " ×", fmt::format("{}", *ratio)) : TableCell::none(why);
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
        table.keys.push_back({names_.index(*record), text_at(*record, "cell.dtype"), seqlen_of(*record)});
      }
    return table;
  }

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

/// sharpness over reachable sharpness, of all heads and of the extreme ones.
Rows sharpness(const Json& record) {
  const auto share = [](double used, double reachable) -> TableCell {
    return reachable > 0 ? TableCell(format_figure(used / reachable), fmt::format("{}", used / reachable))
                         : TableCell::none("the logits have no spread");
  };
  const auto used = number_at(record, "dispersion.mean.sharpness");
  const auto reachable = number_at(record, "dispersion.mean.reachable_sharpness");
  if (record.at("status") != "ok" || !used || !reachable) return {};
  const Json& heads = record.at("dispersion").at("per_head");
  std::vector<std::pair<double, double>> of_heads;
  for (std::size_t head = 0; head < heads.at("sharpness").size(); ++head) {
    const Json& of_head = heads.at("sharpness").at(head);
    const Json& reach = heads.at("reachable_sharpness").at(head);
    if (of_head.is_number() && reach.is_number()) of_heads.emplace_back(of_head, reach);
  }
  const auto [least, most] = std::minmax_element(
      of_heads.begin(), of_heads.end(),
      [](const auto& a, const auto& b) { return a.first * b.second < b.first * a.second; });
  return {{figure(record, "dispersion.mean.sharpness"), figure(record, "dispersion.mean.reachable_sharpness"),
           share(*used, *reachable), share(least->first, least->second), share(most->first, most->second)}};
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

TableCell interval_cell(const Interval& interval, int decimals, double unit) {
  const auto show = [&](double value) {
    return decimals < 0 ? format_figure(value / unit) : fmt::format("{:.{}f}", value / unit, decimals);
  };
  TableCell cell(fmt::format("{} … {}", show(interval.low), show(interval.high)),
                 fmt::format("{}", interval.low));
  cell.high = fmt::format("{}", interval.high);
  return cell;
}

std::vector<Table> make_tables(const Subject& subject) {
  const std::vector<Json>& records = subject.records;
  const CellTables cells(records);
  const Against full(records, "full", subject.floor());
  const Against chunked(records, "chunked", subject.floor());
  constexpr double ms = 1e6;
  constexpr double mib = 0x1p20;
  std::vector<Column> statistics;
  for (const char* title : {"entropy", "÷ ln n", "participation", "max weight", "sink mass", "window mass",
                            "distance", "support"})
    statistics.push_back({title, std::string(statistic_names[statistics.size()])});
  std::vector<Table> tables{
      make_validity_table(subject),
      make_pairs_table(subject),
      cells.make("failures", "Cells without figures, and figures with a caveat",
                 {{"status", "status", false}, {"reason", "reason", false}}, failures, ""),
      make_machine_table(records),
  };
  if (subject.comparison)
    for (Table& table : comparison_tables(*subject.comparison)) tables.push_back(std::move(table));
  for (Table& table : std::vector<Table>{
           make_crossover_table(records, {&full, &chunked}),
           make_exponents_table(records),
           make_octaves_table(records),
           cells.make(
               "time", "Time of one call",
               {{"median, ms", "time_median_ns"},
                {"99 % interval, ms", "time_low_ns", true, "time_high_ns"},
                {"least, ms", "time_min_ns"},
                {"most, ms", "time_max_ns"},
                {"samples", "samples"},
                {"disturbed", "contaminated"},
                {"GFLOP/s", "gflop_per_s"}},
               [&](const Json& record) {
                 const auto flops = number_at(record, "work.flops");
                 const auto time = number_at(record, "time.median_ns");
                 return when_ok(record,
                                {figure(record, "time.median_ns", ms), time_interval(record, ms),
                                 figure(record, "time.min_ns", ms), figure(record, "time.max_ns", ms),
                                 count(record, "time.samples_ns"), figure(record, "time.contaminated"),
                                 flops && time && *time > 0 ? TableCell(format_figure(*flops / *time),
                                                                        fmt::format("{}", *flops / *time))
                                                            : TableCell::none(not_recorded)});
               },
               "Median, its bootstrap interval, least and most over the rounds, packing of K and V included. "
               "Disturbed: samples that the machine spoilt (results/SCHEMA.md), whether or not they are in "
               "the figures. "
               "GFLOP/s: visible pairs only."),
           cells.make(
               "memory", "Memory of one call",
               {{"workspace, MiB", "workspace_bytes"},
                {"formula, MiB", "workspace_predicted_bytes"},
                {"equal", "workspace_is_predicted", false},
                {"heap peak, MiB", "heap_peak_bytes"},
                {"resident, MiB", "rss_delta_bytes"},
                {"inputs, MiB", "inputs_bytes"}},
               [&](const Json& record) {
                 return when_ok(record, {figure(record, "memory.workspace_bytes", mib),
                                         figure(record, "memory.workspace_predicted_bytes", mib),
                                         as_predicted(record), figure(record, "memory.heap_peak_bytes", mib),
                                         figure(record, "memory.rss_delta_bytes", mib),
                                         figure(record, "memory.inputs_bytes", mib)});
               },
               "Workspace: what the engine allocated, exact, without inputs and output. Formula: what was "
               "known before "
               "the run. Heap peak: all of the heap. Resident: growth of the resident set, to a page. "
               "Inputs: Q, K, V and the output."),
           cells.make(
               "speed", "Time and memory against full",
               {{"time, ms", "time_median_ns"},
                {"speed-up", "speed_up"},
                {"99 % interval", "speed_up_low", true, "speed_up_high"},
                {"verdict", "verdict", false},
                {"workspace, MiB", "workspace_bytes"},
                {"times smaller", "workspace_ratio"}},
               [&](const Json& record) {
                 return when_ok(record, {figure(record, "time.median_ns", ms), speed_up_cell(full.of(record)),
                                         speed_up_interval(full.of(record)), verdict_cell(full.of(record)),
                                         figure(record, "memory.workspace_bytes", mib),
                                         times(full.of(record).workspace, full.of(record).why)});
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
               "Error: against the float64 oracle of the same variant, on query rows spread over the "
               "sequence, of "
               "every head. Budget: "
               "twice the error of textbook code in the same precision + 4 eps max|V|. Given up: the "
               "variant's "
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
               "participation: 1 / sum p²; sink mass: first 4 keys; window mass: last 128 keys; distance: "
               "mean |i "
               "- j|; support: "
               "keys with p > 0."),
           cells.make(
               "sharpness", "Sharpness: how much of what their logits allow do heads use",
               {{"ln n − H, nats", "sharpness"},
                {"C(spread), nats", "reachable_sharpness"},
                {"share", "sharpness_share"},
                {"least head", "sharpness_share_least"},
                {"most head", "sharpness_share_most"}},
               sharpness,
               "H: entropy; C: how far below ln n the entropy of softmax can be with logits of the measured "
               "spread, "
               "at any n; both means over rows. Share: the first over the second, of all heads, and of the "
               "heads "
               "that use the least and the most. Softmax cannot exceed 1, regularised normalisers can."),
           make_needle_table(records),
       })
    tables.push_back(std::move(table));
  return tables;
}

}  // namespace attnlab
