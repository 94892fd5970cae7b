// What is known of a cell before it runs: refusals, bytes by formula, time by the cells before it.
#pragma once

#include <map>
#include <string>

#include "process/worker.h"

namespace attnlab {

/// The record of a cell that need not run: refused, predicted_too_large, predicted_too_slow; or one with an
/// empty status if it may.
Json predict(const Cell& cell, const Limits& limits, double predicted_call_s);

/// Seconds per unit of work, by the last cell that ran of those that differ in sequence length alone.
class Pace {
 public:
  void learn(const Cell& cell, double call_ns);
  /// Seconds of one call; 0 where nothing is known.
  double predict(const Cell& cell) const;

 private:
  std::map<std::string, double> pace_;
};

}  // namespace attnlab
