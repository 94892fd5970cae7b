// Resuming an interrupted sweep: the records that stay valid and the cells that are left to run.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "cell/cell.h"
#include "options/options.h"
#include "records/records.h"

namespace attnlab {

/// Keys that tell whether a record is still valid for a cell.
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

/// Whether an option of a new run was given.
bool says_what_to_run(const Settings& settings);

/// The options with which the run was started. `settings` may repeat or omit them. Throws ArgumentError for
/// an option that differs.
Settings resumed_settings(const Settings& settings, const Json& run);

/// The valid records, by resume key. Sets the others aside, with a line on standard error for each reason.
/// Throws ArgumentError (argument `out`) for records of another CPU, and RecordError.
std::map<std::string, Json> standing_records(RunDirectory& directory, const std::vector<std::string>& keys,
                                             bool retry_failed);

/// Whether the record has no figures but a retry may give them, or has figures outside the error budget.
bool is_failure(const Json& record);

}  // namespace attnlab
