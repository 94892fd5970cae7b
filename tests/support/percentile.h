// Percentiles of distance, which may jump where the mass reaches their share within rounding.
#pragma once

#include <gtest/gtest.h>

#include <cmath>

#include "attnlab/dispersion/row_statistics.h"

namespace attnlab {

/// Mass within `distance` = 2^b - 1.
inline double mass_within(const RowStatistics& row, double distance) {
  double mass = 0;
  for (std::size_t bucket = 0; bucket < distance_buckets && std::exp2(bucket) - 1 <= distance; ++bucket)
    mass += static_cast<double>(row.distance_mass[bucket]);
  return mass;
}

/// Expects that `got`, distance_p50 or distance_p90, is where the mass of `wanted` reaches its share.
/// `tolerance`: of a mass.
inline void expect_percentile(Statistic statistic, double got, const RowStatistics& wanted,
                              double tolerance) {
  const double share = statistic == Statistic::distance_p50 ? 0.5 : 0.9;
  EXPECT_GE(mass_within(wanted, got), share - tolerance);
  if (got > 0) {
    EXPECT_LE(mass_within(wanted, (got - 1) / 2), share + tolerance);
  }
}

inline bool is_percentile(Statistic statistic) {
  return statistic == Statistic::distance_p50 || statistic == Statistic::distance_p90;
}

}  // namespace attnlab
