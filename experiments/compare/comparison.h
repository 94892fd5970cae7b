// Cells of two runs, or of two variants of one run, side by side: B against A.
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

/// Of B against A.
enum class Verdict { faster, slower, same, ambiguous };
std::string_view to_string(Verdict verdict);

/// Faster or slower only where the whole interval lies beyond the floor, same where it lies within; the floor
/// is a fraction: 0.02 calls nothing between 1 / 1.02 and 1.02.
Verdict judge(const Interval& interval, double floor);

/// The smallest to the largest of so many samples hold the median in 99.2 % of cases; of fewer, no 99 %
/// interval can be made.
inline constexpr std::size_t fewest_rounds = 8;

/// Time of one cell over that of another.
struct TimeRatio {
  double value;  ///< b / a: median over blocks of one group, or ratio of the medians
  Interval interval;
  Verdict verdict;
};

/// Both with figures. AMBIGUOUS where either side has fewer than eight samples.
TimeRatio compare_times(const Json& a, const Json& b, double floor);

/// One cell of both sides, with figures on both.
struct Pair {
  Json a;
  Json b;
  double time_ratio;  ///< b / a: median over blocks of one group, or ratio of the medians
  Interval interval;
  Verdict verdict;
};

/// A cell that could not be set against another.
struct Unpaired {
  Json record;
  std::string why;
  bool lost;  ///< A had figures, B ran and has none
};

struct Comparison {
  double floor;
  std::vector<Pair> pairs;
  std::vector<Unpaired> unpaired;

  std::int64_t count(Verdict verdict) const;
};

/// The same cells of two runs. Throws ArgumentError (`compare`) for runs of different CPUs or instruction-set
/// levels, unless `force`.
Comparison compare_runs(const std::vector<Json>& a, const std::vector<Json>& b, double floor, bool force);

/// Two series of one run: each a backend, an engine, a canonical variant, or a backend and a variant with a
/// space between. Throws ArgumentError (`between`) for a name that no record has, or that has two records in
/// one place.
Comparison compare_series(const std::vector<Json>& records, const std::string& a, const std::string& b,
                          double floor);

}  // namespace attnlab
