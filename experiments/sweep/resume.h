// A sweep that was cut, taken up again: which of its records stand, and which cells are still to run.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "cell/cell.h"
#include "options/options.h"
#include "records/records.h"

namespace attnlab {

/// Says whether a record is still the one that a cell would give now.
class ResumeKeys {
 public:
  ResumeKeys();
  /// 16 hex digits over the canonical cell, the schema, the build (this program's bytes, instruction-set
  /// level, oneDNN) and the bytes of the files the cell reads.
  std::string of(const Cell& cell);

 private:
  std::string build_;
  std::map<std::string, std::uint64_t> files_;
};

/// Whether any option was given that a new run would be made of.
bool says_what_to_run(const Settings& settings);

/// The options that the run in a directory was begun with; `settings` may repeat them, or leave them out.
/// Throws ArgumentError for one that differs.
Settings resumed_settings(const Settings& settings, const Json& run);

/// Records that stand, by resume key; the others are set aside, with a line on standard error for each
/// reason. Throws ArgumentError (`out`) for records of another CPU, RecordError.
std::map<std::string, Json> standing_records(RunDirectory& directory, const std::vector<std::string>& keys,
                                             bool retry_failed);

/// A record without figures that another try may give, or with figures that do not count.
bool is_failure(const Json& record);

}  // namespace attnlab
