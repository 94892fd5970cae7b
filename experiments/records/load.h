// Reading the records of a run.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "cell/cell.h"

namespace attnlab {

struct RunRecords {
  std::vector<Json> cells;
  std::vector<Json> twins;  ///< the second of each A/A pair
};

/// Reads every line of directory/records.jsonl. Throws ArgumentError (argument `command`) if the file is
/// missing or empty, if a line is not a record, if a key violates the schema (with file, line and key), or if
/// the schema is unknown.
RunRecords load_run(const std::filesystem::path& directory, std::string_view command);

}  // namespace attnlab
