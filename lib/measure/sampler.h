// Wall-clock samples of a call, by Google Benchmark's loop.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "measure/disturbance.h"

namespace attnlab {

struct Samples {
  std::vector<double> time_ns;            ///< one a round: the mean of its iterations
  std::vector<std::int64_t> iterations;   ///< of each round
  std::vector<Disturbance> disturbances;  ///< of each round
  double work_ns = 0;                     ///< in all calls, to warm up and to find the iterations too
};

/// Calls `work` once to warm up, then takes `rounds` samples of at least `min_time_s` seconds each.
Samples sample(const std::function<void()>& work, int rounds, double min_time_s);

/// Middle value, or the mean of the two; `values` is not empty.
double median(std::vector<double> values);

}  // namespace attnlab
