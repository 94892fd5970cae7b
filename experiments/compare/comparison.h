// Comparison of the cells of two runs, or of two variants of one run: B against A.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cell/cell.h"
#include "compare/verdict.h"

namespace attnlab {

/// A cell that has figures on both sides.
struct Pair {
  Json a;
  Json b;
  TimeRatio time;
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

/// Compares two series of one run, by the names of is_called() (series_names.h). Throws ArgumentError
/// (argument `between`) for a name without records, or with two records of one n, dtype and input.
Comparison compare_series(const std::vector<Json>& records, const std::string& a, const std::string& b,
                          double floor);

}  // namespace attnlab
