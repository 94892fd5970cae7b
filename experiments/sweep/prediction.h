// Predictions before a cell runs: refusals, bytes, time from earlier cells.
#pragma once

#include <map>
#include <string>

#include "process/worker.h"

namespace attnlab {

/// A record with status refused, predicted_too_large or predicted_too_slow if the cell is not to run, or with
/// an empty status if it may.
Json predict(const Cell& cell, const Limits& limits, double predicted_call_s);

/// Seconds per unit of work, from the last cell that differs only in sequence length.
class Pace {
 public:
  void learn(const Cell& cell, double call_ns);
  /// Predicted seconds of one call; 0 if no such cell ran.
  double predict(const Cell& cell) const;

 private:
  std::map<std::string, double> pace_;
};

}  // namespace attnlab
