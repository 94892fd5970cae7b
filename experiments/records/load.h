// Records of a run, read back.
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

/// Every line of directory/records.jsonl. Throws ArgumentError (`command`) for a directory without one, with
/// none in it, with a line that is no record or lacks what every record has (naming file, line and key), or
/// with another schema.
RunRecords load_run(const std::filesystem::path& directory, std::string_view command);

}  // namespace attnlab
