#include "report/against.h"

#include <fmt/format.h>

#include <algorithm>

#include "records/analysis.h"
#include "records/baseline.h"
#include "records/series_names.h"

namespace attnlab {

namespace {

constexpr const char* disturbed = "too few clean samples, here or in the cell compared with";

}  // namespace

TableCell speed_up_cell(const SpeedUp& speed_up) {
  return !speed_up.time         ? TableCell::none(speed_up.why)
         : speed_up.disturbed() ? TableCell::none(disturbed)
                                : TableCell(format_figure(1 / speed_up.time->value) + " ×",
                                            fmt::format("{}", 1 / speed_up.time->value));
}

TableCell speed_up_interval(const SpeedUp& speed_up) {
  return !speed_up.time         ? TableCell::none(speed_up.why)
         : speed_up.disturbed() ? TableCell::none(disturbed)
         : !has_interval(*speed_up.time)
             ? TableCell::none(no_interval)
             : interval_cell({1 / speed_up.time->interval.high, 1 / speed_up.time->interval.low});
}

TableCell verdict_cell(const SpeedUp& speed_up) {
  return speed_up.time ? TableCell(in_words(*speed_up.time), std::string(to_string(speed_up.time->verdict)))
                       : TableCell::none(speed_up.why);
}

Against::Against(const std::vector<Json>& records, const std::optional<std::string>& baseline_series,
                 double floor) {
  const Baseline baseline(records, baseline_series);
  name_ = baseline.name();
  for (const Json& record : records) {
    SpeedUp& speed_up = found_[&record];
    const auto [base, why] = baseline.cell_for(record);
    speed_up.is_baseline = base == &record;
    speed_up.why = speed_up.is_baseline ? "itself" : why;
    if (!base || base == &record) continue;
    speed_up.time = compare_times(*base, record, floor);
    speed_up.workspace = baseline.ratio(record, "memory.workspace_bytes").value;
  }
}

bool Against::has_cells() const {
  return std::any_of(found_.begin(), found_.end(),
                     [](const auto& one) { return one.second.time.has_value() || one.second.is_baseline; });
}

Table make_crossover_table(const std::vector<Json>& records, const std::vector<const Against*>& baselines) {
  const SeriesNames names(records);
  const Conditions conditions(records);
  Table table{
      "crossover",
      "From which n on a variant is faster than another",
      {{"variant", "variant", false}, {"dtype", "dtype", false}},
      {},
      "Faster: FASTER as in attnlab compare. Not reached: at no measured n, because of speed, noise or fewer "
      "than eight clean samples."};
  if (conditions.size() > 1) table.columns.push_back({"under", "condition", false});
  for (const Column& column :
       {Column{"against", "against", false}, Column{"faster from n", "faster_from_n"},
        Column{"speed-up there", "speed_up_there"},
        Column{"99 % interval", "speed_up_there_low", true, "speed_up_there_high"},
        Column{"but not at", "not_faster_at", false}, Column{"largest n", "largest_n"},
        Column{"speed-up there", "speed_up_at_largest_n"},
        Column{"99 % interval", "speed_up_at_largest_n_low", true, "speed_up_at_largest_n_high"},
        Column{"verdict", "verdict_at_largest_n", false}})
    table.columns.push_back(column);
  for (const Curve& curve : make_curves(records))
    for (const Against* baseline : baselines) {
      const Json* first = nullptr;
      const Json* last = nullptr;
      std::string but_not;
      for (const Json* cell : curve.cells) {
        const SpeedUp& speed_up = baseline->of(*cell);
        if (!speed_up.time) continue;
        last = cell;
        const bool faster = speed_up.time->verdict == Verdict::faster;
        if (faster && !first)
          first = cell;
        else if (!faster && first)
          but_not += fmt::format("{}{} ({})", but_not.empty() ? "" : ", ", seqlen_of(*cell),
                                 to_string(speed_up.time->verdict));
      }
      if (!last) continue;
      std::vector<TableCell> row{names.all()[curve.series], curve.dtype};
      if (conditions.size() > 1) row.emplace_back(conditions.label(curve.condition));
      row.emplace_back(baseline->name());
      if (first) {
        row.emplace_back(fmt::format("{}", seqlen_of(*first)));
        row.push_back(speed_up_cell(baseline->of(*first)));
        row.push_back(speed_up_interval(baseline->of(*first)));
      } else {
        row.emplace_back("not reached");
        row.emplace_back("");
        row.emplace_back("");
      }
      row.emplace_back(but_not);
      row.emplace_back(fmt::format("{}", seqlen_of(*last)));
      row.push_back(speed_up_cell(baseline->of(*last)));
      row.push_back(speed_up_interval(baseline->of(*last)));
      row.push_back(verdict_cell(baseline->of(*last)));
      table.keys.push_back({curve.series, curve.dtype, std::nullopt});
      table.rows.push_back(std::move(row));
    }
  return table;
}

}  // namespace attnlab
