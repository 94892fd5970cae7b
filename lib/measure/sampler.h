// A wall-clock sample of a call, by Google Benchmark's loop.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "attnlab/measure/disturbance.h"

namespace attnlab {

struct Sample {
  double time_ns = 0;  ///< time of one call: the median of the pieces, each the mean of its iterations
  double wall_ns = 0;  ///< of all pieces
  std::int64_t iterations = 0;  ///< in all pieces
  Disturbance disturbance;      ///< during all pieces
  double work_ns = 0;           ///< time in all calls, including warm-up
};

/// Calls `work` a few times to warm up, then for at least `min_time_s` seconds in 15 pieces, or in as many as
/// there are calls. A disturbance in fewer than half of the pieces cannot move the median.
Sample sample(const std::function<void()>& work, double min_time_s);

/// The middle value, or the mean of the two middle values; `values` must not be empty.
double median(std::vector<double> values);

}  // namespace attnlab
