// A wall-clock sample of a call, by Google Benchmark's loop.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "attnlab/measure/disturbance.h"

namespace attnlab {

struct Sample {
  double time_ns = 0;           ///< of one call: the median of pieces, each the mean of its iterations
  double wall_ns = 0;           ///< of all pieces
  std::int64_t iterations = 0;  ///< in all pieces
  Disturbance disturbance;      ///< over all pieces
  double work_ns = 0;           ///< in all calls, those to warm up too
};

/// Calls `work` a few times to warm up, then for at least `min_time_s` seconds: in 15 pieces, or as many as
/// there are calls. Of three pieces or more, what the machine does during less than half does not count.
Sample sample(const std::function<void()>& work, double min_time_s);

/// Middle value, or the mean of the two; `values` is not empty.
double median(std::vector<double> values);

}  // namespace attnlab
