// Every cell's time and workspace against those of one backend, by compare's verdicts.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "cell/cell.h"
#include "compare/comparison.h"
#include "report/tables.h"

namespace attnlab {

/// How many times faster than the baseline, with the verdict on it; or why there is none.
struct SpeedUp {
  std::optional<TimeRatio> time;    ///< the cell's over the baseline's: a speed-up is 1 / value
  std::optional<double> workspace;  ///< the baseline's over the cell's
  std::string why;
};

/// A speed-up and its interval as `2.41 ×` and `2.35 … 2.47`.
TableCell speed_up_cell(const SpeedUp& speed_up);
TableCell speed_up_interval(const SpeedUp& speed_up);
TableCell verdict_cell(const SpeedUp& speed_up);

/// `records` outlive it.
class Against {
 public:
  Against(const std::vector<Json>& records, const std::string& backend, double floor);
  const SpeedUp& of(const Json& record) const { return found_.at(&record); }
  const std::string& backend() const { return backend_; }

 private:
  std::string backend_;
  std::unordered_map<const Json*, SpeedUp> found_;
};

/// From which n on each curve is faster than each baseline: FASTER as `compare` calls it, with the whole
/// interval beyond the noise floor.
Table make_crossover_table(const std::vector<Json>& records, const std::vector<const Against*>& baselines);

}  // namespace attnlab
