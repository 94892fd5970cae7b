// Time and workspace of every cell against its baseline, with the verdicts of compare.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "cell/cell.h"
#include "compare/verdict.h"
#include "report/tables.h"

namespace attnlab {

/// The speed-up over the baseline and its verdict, or the reason why there is none.
struct SpeedUp {
  std::optional<TimeRatio> time;    ///< time of the cell over that of the baseline: the speed-up is 1 / value
  bool is_baseline = false;         ///< the cell is its own baseline
  std::optional<double> workspace;  ///< workspace of the baseline over that of the cell
  std::string why;

  /// Whether one side has too few clean samples, so that there is a verdict that says so, but no speed-up.
  bool disturbed() const { return time && time->verdict == Verdict::disturbed; }
};

/// A speed-up and its interval, such as `2.41 ×` and `2.35 … 2.47`.
TableCell speed_up_cell(const SpeedUp& speed_up);
TableCell speed_up_interval(const SpeedUp& speed_up);
TableCell verdict_cell(const SpeedUp& speed_up);

/// `records` must outlive the object. `baseline`: as in Baseline (records/baseline.h).
class Against {
 public:
  Against(const std::vector<Json>& records, const std::optional<std::string>& baseline, double floor);
  const SpeedUp& of(const Json& record) const { return found_.at(&record); }
  /// Such as `full`.
  const std::string& name() const { return name_; }
  /// Whether the baseline has cells with figures.
  bool has_cells() const;

 private:
  std::string name_;
  std::unordered_map<const Json*, SpeedUp> found_;
};

/// The n from which each curve is faster than each baseline: FASTER as in `compare`, with the whole interval
/// beyond the noise floor.
Table make_crossover_table(const std::vector<Json>& records, const std::vector<const Against*>& baselines);

}  // namespace attnlab
