#include "report/tables.h"

#include <fmt/format.h>

#include <algorithm>

#include "compare/comparison_tables.h"
#include "records/analysis.h"
#include "report/against.h"
#include "report/cell_tables.h"
#include "report/first_screen.h"

namespace attnlab {

namespace {

constexpr double ms = 1e6;
constexpr double mib = 0x1p20;

/// The length of a list.
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

/// A ratio of the baseline to the record.
TableCell times(const std::optional<double>& ratio, const std::string& why) {
  return ratio ? TableCell(format_figure(*ratio) + " ×", fmt::format("{}", *ratio)) : TableCell::none(why);
}

/// The reason why the output is not within its error budget.
TableCell over_budget(const Json& record) {
  if (const auto beyond = number_at(record, "error.rows_beyond"); beyond && *beyond > 0) {
    const auto ratio = number_at(record, "error.worst.ratio");
    return fmt::format("{} rows beyond their budget, the worst {}", *beyond,
                       ratio ? fmt::format("at {:.2g} times its budget", *ratio) : "not finite");
  }
  return std::string("the error could not be judged");
}

/// Number of rows of all heads that were checked against a budget.
std::int64_t checked_rows(const Json& record) {
  const auto count = [&](const char* path) {
    return static_cast<std::int64_t>(number_at(record, path).value_or(0));
  };
  return count("error.rows") * count("cell.batch") * count("cell.heads") - count("error.undetermined_rows");
}

/// Such as `3 of 256`: checked rows that exceed their budget.
TableCell rows_beyond(const Json& record) {
  const auto beyond = number_at(record, "error.rows_beyond");
  if (!beyond) return TableCell::none("schema 2 has one budget for the whole output");
  return TableCell(fmt::format("{} of {}", *beyond, checked_rows(record)), fmt::format("{}", *beyond));
}

Rows failures(const Json& record) {
  const std::string reason = text_at(record, "reason");
  if (record.at("status") != "ok")
    return {{text_at(record, "status"),
             reason.empty() ? TableCell::none("no reason was recorded") : TableCell(reason)}};
  Rows rows;
  for (const Json& warning : record.at("warnings"))
    rows.push_back({std::string("warning"), warning.get<std::string>()});
  // attnlab sweep adds a warning for this; records of other programs may not.
  if (!counts(record) && rows.empty()) rows.push_back({std::string("over budget"), over_budget(record)});
  return rows;
}

Table make_time_table(const CellTables& cells) {
  return cells.make(
      "time", "Time of one call",
      {{"median, ms", "time_median_ns"},
       {"99 % interval, ms", "time_low_ns", true, "time_high_ns"},
       {"least, ms", "time_min_ns"},
       {"largest, ms", "time_max_ns"},
       {"samples", "samples"},
       {"disturbed", "contaminated"},
       {"GFLOP/s", "gflop_per_s"}},
      [&](const Json& record) {
        const auto flops = number_at(record, "work.flops");
        const auto time = number_at(record, "time.median_ns");
        return when_ok(record, {figure(record, "time.median_ns", ms), time_interval(record, ms),
                                figure(record, "time.min_ns", ms), figure(record, "time.max_ns", ms),
                                count(record, "time.samples_ns"), whole(record, "time.contaminated"),
                                flops && time && *time > 0 ? TableCell(format_figure(*flops / *time),
                                                                       fmt::format("{}", *flops / *time))
                                                           : TableCell::none(not_recorded)});
      },
      "Median, its bootstrap interval, least and largest sample; packing of K and V is included. "
      "Disturbed: every such sample (results/SCHEMA.md), whether or not the figures use it. "
      "GFLOP/s: visible pairs only.");
}

Table make_memory_table(const CellTables& cells) {
  return cells.make(
      "memory", "Memory of one call",
      {{"workspace, MiB", "workspace_bytes"},
       {"predicted, MiB", "workspace_predicted_bytes"},
       {"equal", "workspace_is_predicted", false},
       {"heap peak, MiB", "heap_peak_bytes"},
       {"resident, MiB", "rss_delta_bytes"},
       {"inputs, MiB", "inputs_bytes"}},
      [&](const Json& record) {
        return when_ok(record, {figure(record, "memory.workspace_bytes", mib),
                                figure(record, "memory.workspace_predicted_bytes", mib), as_predicted(record),
                                figure(record, "memory.heap_peak_bytes", mib),
                                figure(record, "memory.rss_delta_bytes", mib),
                                figure(record, "memory.inputs_bytes", mib)});
      },
      "Workspace: bytes that the engine allocated, without inputs and output. Predicted: the same, "
      "before the run. Heap peak: the whole heap. Resident: growth of the resident set. Inputs: Q, "
      "K, V and the output.");
}

Table make_speed_table(const CellTables& cells, const Against& against) {
  return cells.make(
      "speed", "Time and memory against " + against.name(),
      {{"time, ms", "time_median_ns"},
       {"speed-up", "speed_up"},
       {"99 % interval", "speed_up_low", true, "speed_up_high"},
       {"verdict", "verdict", false},
       {"workspace, MiB", "workspace_bytes"},
       {"times smaller", "workspace_ratio"}},
      [&](const Json& record) {
        if (!against.has_cells()) return Rows{};
        const SpeedUp& speed_up = against.of(record);
        return when_ok(
            record, {figure(record, "time.median_ns", ms), speed_up_cell(speed_up),
                     speed_up_interval(speed_up), verdict_cell(speed_up),
                     figure(record, "memory.workspace_bytes", mib), times(speed_up.workspace, speed_up.why)});
      },
      "Against the cell with the same n, dtype, shape, threads, seed and input. Against a backend: the cell "
      "with the same variant there, or else with its exact counterpart.");
}

Table make_error_table(const CellTables& cells) {
  return cells.make(
      "error", "Error, and deviation from exact attention",
      {{"max error", "max_abs"},
       {"rows beyond budget", "rows_beyond"},
       {"worst, of budget", "worst_ratio"},
       {"within", "within_budget", false},
       {"relative L2", "relative_l2"},
       {"deviation, max", "deviation_max_abs"},
       {"deviation, relative L2", "deviation_relative_l2"}},
      [&](const Json& record) {
        return when_ok(record, {scientific(record, "error.max_abs"), rows_beyond(record),
                                figure(record, "error.worst.ratio"), TableCell(counts(record) ? "yes" : "no"),
                                scientific(record, "error.relative_l2"), figure(record, "deviation.max_abs"),
                                figure(record, "deviation.relative_l2")});
      },
      "Error: against the float64 oracle of the same variant, on query rows spread over the "
      "sequence, of every head. Budget: for each row, what rounding may do to textbook code of the "
      "same precision, in L2; worst: the row nearest to its budget or farthest beyond it. Deviation: "
      "the variant's oracle output against that of softmax over all keys (all past keys where the "
      "variant is causal).");
}

/// Says below the table what its verdicts mean.
Table with_verdicts(Table table, const Subject& subject) {
  table.note += " " + verdict_note(subject.floor());
  return table;
}

}  // namespace

std::vector<Table> make_tables(const Subject& subject) {
  const std::vector<Json>& records = subject.records;
  const CellTables cells(records);
  const Against against(records, subject.baseline, subject.floor());
  std::vector<const Against*> baselines{&against};
  const bool has_chunked = std::any_of(records.begin(), records.end(),
                                       [](const Json& record) { return backend_of(record) == "chunked"; });
  std::optional<Against> chunked;
  if (against.name() == "full" && has_chunked)
    baselines.push_back(&chunked.emplace(records, "chunked", subject.floor()));
  std::vector<Table> tables{
      make_summary_table(subject, against),
      make_validity_table(subject),
      make_pairs_table(subject),
      cells.make("failures", "Cells without figures, and figures with a caveat",
                 {{"status", "status", false}, {"reason", "reason", false}}, failures, ""),
      make_machine_table(records),
  };
  if (subject.comparison)
    for (Table& table : comparison_tables(*subject.comparison)) tables.push_back(std::move(table));
  for (Table& table : std::vector<Table>{
           with_verdicts(make_crossover_table(records, baselines), subject),
           make_exponents_table(records),
           make_octaves_table(records),
           make_time_table(cells),
           make_memory_table(cells),
           with_verdicts(make_speed_table(cells, against), subject),
           make_error_table(cells),
       })
    tables.push_back(std::move(table));
  for (Table& table : make_dispersion_tables(records)) tables.push_back(std::move(table));
  return tables;
}

}  // namespace attnlab
