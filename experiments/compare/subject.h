// What a report is about: a run, or two beside each other.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compare/comparison.h"
#include "records/load.h"

namespace attnlab {

/// Below it nothing is called faster or slower where no A/A pair says how far the machine's noise goes.
inline constexpr double default_noise_floor = 0.02;

/// A run, as its directory is called.
struct Run {
  std::string name;
  RunRecords records;
};

struct Subject {
  std::vector<std::string> names;  ///< of the runs: one, or two that are called A and B
  /// Of all runs; of two, `run` of each is A or B.
  std::vector<Json> records;
  std::vector<Json> twins;
  std::vector<std::optional<double>> floors;  ///< of each run, by its A/A pairs
  std::optional<Comparison> comparison;       ///< of B against A

  /// The largest of what was measured.
  double floor() const;
  /// The records of one run: `index` into `names`.
  bool is_of(const Json& record, std::size_t index) const;
};

/// Throws ArgumentError (`compare`) for two runs of different CPUs or levels, unless `force`.
Subject make_subject(std::vector<Run> runs, bool force = false);

}  // namespace attnlab
