// The samples of one cell, a process each: when there are enough of them, and the figures they make.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "attnlab/measure/sampler.h"
#include "cell/cell.h"
#include "options/options.h"

namespace attnlab {

/// When to stop taking samples of a cell.
struct StoppingRule {
  int rounds = 12;       ///< at least as many blocks with a clean sample
  int max_rounds = 32;   ///< at most as many samples
  int retries = 3;       ///< contaminated samples taken again, for each cell
  double budget_s = 20;  ///< of wall time in the cell's processes; at least 3 samples whatever they take
};
/// Throws ArgumentError.
StoppingRule stopping_rule(const Settings& settings);

struct RoundSample : Sample {
  std::int64_t block = 0;  ///< of its group: samples of one block were taken side by side
  std::vector<std::string> contaminated;
};

/// One sample of each block, in the order of the blocks: the first clean one, else the last.
std::vector<const RoundSample*> one_of_each_block(const std::vector<RoundSample>& samples);

class Rounds {
 public:
  explicit Rounds(const StoppingRule& rule) : rule_(rule) {}

  void add(RoundSample sample) { samples_.push_back(std::move(sample)); }
  /// The last sample is contaminated, and may be taken again.
  bool wants_retry() const;
  void count_retry() { ++retries_; }

  /// Why no more samples are taken: `precise` (the interval's half-width is at most 2 % of the median),
  /// `stabilised` (more samples did not narrow it), `budget`; empty: more are wanted.
  std::string stopped(double spent_s) const;

  /// Of a precise cell: fewer than twice the samples that it needs at least, and within the budget.
  bool may_wait(double spent_s) const {
    return spent_s < rule_.budget_s &&
           std::ssize(samples_) < std::min<std::ptrdiff_t>(2 * rule_.rounds, rule_.max_rounds);
  }

  /// The record's `time` (results/SCHEMA.md). Figures are made of one_of_each_block. Blocks without a clean
  /// one are left out where there are `rounds` others.
  Json to_json(const std::string& stopped) const;
  std::int64_t contaminated() const;

 private:
  std::vector<const RoundSample*> counted() const;

  StoppingRule rule_;
  std::vector<RoundSample> samples_;
  int retries_ = 0;
};

/// A sample as a worker reports it.
Json to_json(const RoundSample& sample);
RoundSample round_sample_from_json(const Json& json);

}  // namespace attnlab
