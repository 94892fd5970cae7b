// Comparison of the cells of two runs, or of two variants of one run: B against A.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attnlab/measure/bootstrap.h"
#include "cell/cell.h"

namespace attnlab {

/// The verdict on B against A.
enum class Verdict { faster, slower, same, ambiguous };
std::string_view to_string(Verdict verdict);

/// Faster or slower if the whole interval lies beyond the noise floor, same if it lies within, else
/// ambiguous. The floor is a fraction: 0.02 stands for ratios from 1 / 1.02 to 1.02.
Verdict judge(const Interval& interval, double floor);

/// The range of eight samples contains the median in 99.2 % of cases; fewer samples give no 99 % interval.
inline constexpr std::size_t fewest_rounds = 8;

/// Time of one cell over that of another.
struct TimeRatio {
  double value;  ///< b / a: median over blocks of one group, or ratio of the medians
  Interval interval;
  Verdict verdict;
};

/// Both records have figures. AMBIGUOUS if either has fewer than eight samples.
TimeRatio compare_times(const Json& a, const Json& b, double floor);

/// A cell that has figures on both sides.
struct Pair {
  Json a;
  Json b;
  double time_ratio;  ///< b / a: median over blocks of one group, or ratio of the medians
  Interval interval;
  Verdict verdict;
};

/// A cell that has no counterpart to compare with.
struct Unpaired {
  Json record;
  std::string why;
  bool lost;  ///< A has figures; B ran and has none
};

struct Comparison {
  double floor;
  std::vector<Pair> pairs;
  std::vector<Unpaired> unpaired;

  std::int64_t count(Verdict verdict) const;
};

/// Compares the same cells of two runs. Throws ArgumentError (argument `compare`) for runs of different CPUs
/// or instruction-set levels, unless `force` is set.
Comparison compare_runs(const std::vector<Json>& a, const std::vector<Json>& b, double floor, bool force);

/// Compares two series of one run. A series is a backend, an engine, a canonical variant, or a backend and a
/// variant separated by a space. Throws ArgumentError (argument `between`) for a name without records, or
/// with two records of one n, dtype and input.
Comparison compare_series(const std::vector<Json>& records, const std::string& a, const std::string& b,
                          double floor);

}  // namespace attnlab
