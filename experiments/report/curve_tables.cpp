// Tables with a row for each curve: fitted exponents, and slopes from one length to the next.
#include <fmt/format.h>

#include <cmath>
#include <set>

#include "records/analysis.h"
#include "records/series_names.h"
#include "report/tables.h"

namespace attnlab {

namespace {

/// A fitted quantity: its column and its path in a record.
struct Fitted {
  const char* title;
  const char* name;
  const char* path;
};
constexpr Fitted fitted[]{{"time", "time_exponent", "time.median_ns"},
                          {"workspace", "workspace_exponent", "memory.workspace_bytes"},
                          {"heap peak", "heap_exponent", "memory.heap_peak_bytes"}};

/// Rows begin with the name and dtype of the curve, and its condition if there are several.
class CurveTable {
 public:
  CurveTable(const std::vector<Json>& records, Table table)
      : names_(records), conditions_(records), table_(std::move(table)) {
    table_.columns = {{"variant", "variant", false}, {"dtype", "dtype", false}};
    if (conditions_.size() > 1) table_.columns.push_back({"under", "condition", false});
  }

  void add_column(const Column& column) { table_.columns.push_back(column); }
  void add_row(const Curve& curve, const std::vector<TableCell>& cells) {
    std::vector<TableCell> row{names_.all()[curve.series], curve.dtype};
    if (conditions_.size() > 1) row.emplace_back(conditions_.label(curve.condition));
    row.insert(row.end(), cells.begin(), cells.end());
    table_.keys.push_back({curve.series, curve.dtype, std::nullopt});
    table_.rows.push_back(std::move(row));
  }
  const Table& table() const { return table_; }

 private:
  SeriesNames names_;
  Conditions conditions_;
  Table table_;
};

}  // namespace

Table make_exponents_table(const std::vector<Json>& records) {
  CurveTable made(records,
                  {"exponents",
                   "Fitted exponents: grows as n to the power of",
                   {},
                   {},
                   "Slope of ln y over ln n by least squares, from the medians of at least three lengths. "
                   "Interval: 99 %, Student's t from the residuals, whether noise or a bend."});
  made.add_column({"lengths", "lengths"});
  for (const Fitted& one : fitted) {
    made.add_column({one.title, one.name});
    made.add_column(
        {"99 % interval", fmt::format("{}_low", one.name), true, fmt::format("{}_high", one.name)});
  }
  for (const Curve& curve : make_curves(records)) {
    std::set<std::int64_t> lengths;
    for (const Json* cell : curve.cells) lengths.insert(seqlen_of(*cell));
    std::vector<TableCell> row{fmt::format("{}", lengths.size())};
    for (const Fitted& one : fitted) {
      const auto points = curve.points(one.path);
      const auto exponent = fitted_exponent(points);
      const std::string why = points.empty() ? "not recorded" : "fewer than three lengths";
      row.push_back(
          exponent ? TableCell(fmt::format("{:.2f}", exponent->value), fmt::format("{}", exponent->value))
                   : TableCell::none(why));
      row.push_back(exponent ? interval_cell(exponent->interval, 2) : TableCell::none(why));
    }
    made.add_row(curve, row);
  }
  return made.table();
}

Table make_octaves_table(const std::vector<Json>& records) {
  CurveTable made(records,
                  {"octaves",
                   "Local exponents of time, from one length to the next",
                   {},
                   {},
                   "ln of the ratio of medians over ln of the ratio of lengths: 1 where twice the length "
                   "takes twice the time, 2 where it takes four times."});
  const std::vector<Curve> curves = make_curves(records);
  std::set<std::pair<std::int64_t, std::int64_t>> steps;
  const auto visit = [](const Curve& curve, const auto& take) {
    const auto points = curve.points("time.median_ns");
    for (std::size_t at = 1; at < points.size(); ++at)
      if (points[at].first > points[at - 1].first)
        take(std::pair(static_cast<std::int64_t>(points[at - 1].first),
                       static_cast<std::int64_t>(points[at].first)),
             std::log(points[at].second / points[at - 1].second) /
                 std::log(points[at].first / points[at - 1].first));
  };
  for (const Curve& curve : curves) visit(curve, [&](const auto& step, double) { steps.insert(step); });
  if (steps.empty()) return made.table();
  for (const auto& [from, to] : steps)
    made.add_column({fmt::format("{} → {}", from, to), fmt::format("slope_{}_{}", from, to)});
  for (const Curve& curve : curves) {
    std::map<std::pair<std::int64_t, std::int64_t>, double> slopes;
    visit(curve, [&](const auto& step, double slope) { slopes[step] = slope; });
    std::vector<TableCell> row;
    for (const auto& step : steps) {
      const auto slope = slopes.find(step);
      row.push_back(slope == slopes.end()
                        ? TableCell::none("one of the two lengths did not run, or a length between them did")
                        : TableCell(fmt::format("{:.2f}", slope->second), fmt::format("{}", slope->second)));
    }
    made.add_row(curve, row);
  }
  return made.table();
}

}  // namespace attnlab
