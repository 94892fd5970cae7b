#include "sweep/sweep_table.h"

#include <fmt/format.h>
#include <unistd.h>

#include <optional>

#include "compare/noise_floor.h"
#include "compare/verdict.h"
#include "records/analysis.h"
#include "records/baseline.h"
#include "records/quantities.h"
#include "records/samples.h"
#include "records/series_names.h"
#include "records/text_table.h"

namespace attnlab {

namespace {

/// The workspace, error and entropy of a record.
std::vector<TableCell> other_figures(const Json& record) {
  const auto error = number_at(record, "error.max_abs");
  const auto entropy = number_at(record, "dispersion.mean.entropy");
  return {format_bytes(record.at("memory").at("workspace_bytes")),
          error ? fmt::format("{:.1e}{}", *error, counts(record) ? "" : " over budget") : "not finite",
          entropy ? fmt::format("{:.3f}", *entropy) : missing};
}

/// The share of clean samples, with a mark if they are too few for a 99 % interval.
std::string clean_cell(const Json& record) {
  const CleanShare share = clean_share(record);
  return to_string(share) + (share.clean < fewest_clean ? " !" : "");
}

std::vector<TableCell> time_figures(const Json& record, const Baseline& baseline, double floor) {
  const auto seconds = [&](const char* path) {
    return format_seconds(number_at(record, path).value_or(0) * 1e-9);
  };
  std::string ratio = missing;
  if (const auto [base, why] = baseline.cell_for(record); base) {
    const TimeRatio time = compare_times(*base, record, floor);
    ratio = base == &record                      ? "1"
            : time.verdict == Verdict::disturbed ? std::string(to_string(time.verdict))
                                                 : fmt::format("{:.2f} x", 1 / time.value);
  }
  return {seconds("time.median_ns"), fmt::format("{} - {}", seconds("time.low_ns"), seconds("time.high_ns")),
          clean_cell(record), ratio};
}

/// The rows of the records, without twins, in their order.
Table sweep_table(const std::vector<const Json*>& shown, const std::vector<Json>& records, double floor) {
  const SeriesNames names(records);
  const Conditions conditions(records);
  const Baseline baseline(records, std::nullopt);
  Table table{"sweep",
              names.common(),
              {{"variant", "variant", false}, {"n", "n"}, {"dtype", "dtype", false}},
              {},
              "speed-up against " + baseline.name()};
  for (const Column& column : conditions.columns()) table.columns.push_back(column);
  table.naming_columns = table.columns.size();
  for (const char* title : {"time", "99 % interval", "clean", "speed-up", "workspace", "error", "entropy"})
    table.columns.push_back({title, title});
  for (const Json* record : shown) {
    std::vector<TableCell> row{names.of(*record), fmt::format("{}", seqlen_of(*record)),
                               text_at(*record, "cell.dtype")};
    for (const TableCell& value : conditions.values(*record)) row.push_back(value);
    if (record->at("status") == "ok") {
      for (const auto& cells : {time_figures(*record, baseline, floor), other_figures(*record)})
        row.insert(row.end(), cells.begin(), cells.end());
    } else {
      row.emplace_back(text_at(*record, "status"));
    }
    row.resize(table.columns.size(), TableCell(""));
    table.rows.push_back(std::move(row));
    table.keys.push_back(
        {names.index(*record), text_at(*record, "cell.dtype"), seqlen_of(*record), is_disturbed(*record)});
  }
  return table;
}

}  // namespace

void print_table(const std::vector<Json>& records) {
  std::vector<const Json*> shown;
  std::vector<Json> twins;
  for (const Json& record : records) {
    if (is_twin(record))
      twins.push_back(record);
    else
      shown.push_back(&record);
  }
  const auto floor = noise_floor(records, twins);
  fmt::print("{}", to_text(sweep_table(shown, records, floor.value_or(default_noise_floor)),
                           text_layout_of(STDOUT_FILENO)));
  if (const std::size_t pairs = undisturbed_pairs(records, twins).size(); floor)
    fmt::print("noise floor {:.1f} %, from {} A/A pair{}\n", *floor * 100, pairs, pairs == 1 ? "" : "s");
  else if (!twins.empty())
    fmt::print("noise floor not measured, since the A/A pairs were disturbed; {:.0f} % is assumed\n",
               default_noise_floor * 100);
}

std::string disturbed_line(const std::vector<Json>& records) {
  std::int64_t measured = 0;
  std::int64_t disturbed = 0;
  std::int64_t without = 0;
  std::int64_t few = 0;
  for (const Json& record : records) {
    if (is_twin(record) || record.at("status") != "ok") continue;
    ++measured;
    const CleanShare share = clean_share(record);
    if (share.clean == 0) ++without;
    if (is_disturbed(record)) ++disturbed;
    if (share.clean < fewest_clean) ++few;
  }
  if (without > 0 && without == disturbed)
    return fmt::format("{} of {} cells have no clean sample; do not quote these\n", without, measured);
  if (disturbed > 0)
    return fmt::format("{} of {} cells have too few clean samples{}; do not quote these\n", disturbed,
                       measured, without > 0 ? fmt::format(", {} of them none", without) : "");
  if (few > 0)
    return fmt::format("! fewer than {} clean samples give no 99 % interval: {} of {} cells\n", fewest_clean,
                       few, measured);
  return {};
}

}  // namespace attnlab
