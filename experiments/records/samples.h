// The samples of a record: which of them are clean, and whether its figures use disturbed ones.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cell/rounds.h"

namespace attnlab {

/// The samples with their block, time and disturbances; those of the figures if the record has no others. The
/// record has figures.
std::vector<RoundSample> samples_of(const Json& record);

/// How many of the blocks of a record have a clean sample.
struct CleanShare {
  std::int64_t clean = 0;
  std::int64_t taken = 0;  ///< blocks
  bool known = false;  ///< whether the record says which samples were disturbed; if not, all count as clean
};
CleanShare clean_share(const Json& record);

/// The times of one clean sample of each block that has one, in ns.
std::vector<double> clean_times(const Json& record);

/// Whether the figures of a record use a disturbed sample, because too few samples were clean. Its times are
/// upper limits: they have no place in a headline, a verdict or a fit.
bool is_disturbed(const Json& record);

/// Such as `9 of 12`.
std::string to_string(const CleanShare& share);

}  // namespace attnlab
