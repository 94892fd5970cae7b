// The samples of one cell, one process each: when there are enough of them, and the figures made from them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "attnlab/measure/sampler.h"
#include "cell/cell.h"
#include "options/options.h"

namespace attnlab {

/// The least number of clean samples for a 99 % interval: the range of eight samples contains the median in
/// 99.2 % of cases.
inline constexpr int fewest_clean = 8;

/// When to stop taking samples of a cell.
struct StoppingRule {
  int rounds = 12;       ///< at least as many blocks with a clean sample
  int max_rounds = 32;   ///< at most as many samples
  int retries = 3;       ///< disturbed samples that are repeated, for each cell
  double budget_s = 20;  ///< wall time in the processes of the cell; at least 3 samples are taken in any case
};
/// Throws ArgumentError.
StoppingRule stopping_rule(const Settings& settings);

struct RoundSample : Sample {
  std::int64_t block = 0;                 ///< of the group; the samples of a block were taken in turn
  std::vector<std::string> contaminated;  ///< why it is disturbed; empty: it is clean
};

/// One sample of each block, in the order of the blocks: the first clean sample, or else the last sample.
std::vector<const RoundSample*> one_of_each_block(const std::vector<RoundSample>& samples);

class Rounds {
 public:
  explicit Rounds(const StoppingRule& rule) : rule_(rule) {}

  void add(RoundSample sample) { samples_.push_back(std::move(sample)); }
  /// Whether the last sample is disturbed and is to be repeated.
  bool repeats_last() const;
  void count_retry() { ++retries_; }

  /// Why sampling stops: `precise` (the half-width of the interval is at most 2 % of the median),
  /// `stabilised` (more samples did not narrow the interval), both of clean samples, at least `rounds` of
  /// them; or `budget`; empty: sampling continues.
  std::string stopped(double spent_s) const;

  /// Whether a precise cell may be sampled further: it has fewer than 2 x rounds samples and is within its
  /// budget.
  bool may_be_sampled_further(double spent_s) const {
    return spent_s < rule_.budget_s &&
           std::ssize(samples_) < std::min<std::ptrdiff_t>(2 * rule_.rounds, rule_.max_rounds);
  }

  /// `time` of the record (results/SCHEMA.md). Figures use one_of_each_block; blocks without a clean sample
  /// are left out if at least `rounds` other blocks, or `fewest_clean`, remain.
  Json to_json(const std::string& stopped) const;
  std::int64_t contaminated() const;

 private:
  /// One sample of each block that has a clean one.
  std::vector<const RoundSample*> clean() const;
  std::vector<const RoundSample*> counted() const;

  StoppingRule rule_;
  std::vector<RoundSample> samples_;
  int retries_ = 0;
};

/// A sample in the form in which a worker reports it.
Json to_json(const RoundSample& sample);
RoundSample round_sample_from_json(const Json& json);

}  // namespace attnlab
