// attnlab export: records for other programs.
#pragma once

#include <string>
#include <vector>

#include "cell/cell.h"
#include "options/options.h"

namespace attnlab {

/// Every value of a record that is neither a list nor a heatmap, by its path with dots; the same columns in
/// every row, null where a record has none.
struct FlatRecords {
  std::vector<std::string> columns;
  std::vector<std::vector<Json>> rows;
};
FlatRecords flatten(const std::vector<Json>& records);

/// As Google Benchmark's --benchmark_out_format=json, for its tools/compare.py: every sample that figures are
/// made of is a repetition. Records without figures are left out.
Json to_google_benchmark(const std::vector<Json>& records);

int export_command(const Settings& settings);

/// Of --format; the first is the default.
std::vector<std::string> export_formats();

}  // namespace attnlab
