// The subject of a report: one run, or two runs to compare.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compare/comparison.h"
#include "records/load.h"

namespace attnlab {

/// A run, named after its directory.
struct Run {
  std::string name;
  RunRecords records;
};

struct Subject {
  std::vector<std::string> names;  ///< names of the runs; two are called A and B
  /// Records of all runs; of two runs, `run` of each record is A or B.
  std::vector<Json> records;
  std::vector<Json> twins;
  std::vector<std::optional<double>> floors;  ///< noise floor of each run, from its A/A pairs
  std::optional<Comparison> comparison;       ///< of B against A
  std::optional<std::string> baseline;        ///< the series that others are compared with (baseline.h)

  /// The largest measured floor.
  double floor() const;
  /// Whether a record is of one run: `index` into `names`.
  bool is_of(const Json& record, std::size_t index) const;
};

/// Throws ArgumentError (argument `compare`) for two runs of different CPUs or levels, unless `force` is set.
Subject make_subject(std::vector<Run> runs, bool force = false, std::optional<std::string> baseline = {});

}  // namespace attnlab
