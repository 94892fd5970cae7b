// attnlab export: records for other programs.
#pragma once

#include <string>
#include <vector>

#include "cell/cell.h"
#include "options/options.h"

namespace attnlab {

/// Every value of a record except lists and heatmaps, by its path with dots. All rows have the same columns;
/// a missing value is null.
struct FlatRecords {
  std::vector<std::string> columns;
  std::vector<std::vector<Json>> rows;
};
FlatRecords flatten(const std::vector<Json>& records);

/// The format of Google Benchmark's --benchmark_out_format=json, for its tools/compare.py. Every sample that
/// figures use is a repetition. Records without figures are left out.
Json to_google_benchmark(const std::vector<Json>& records);

int export_command(const Settings& settings);

/// Values of --format; the first is the default.
std::vector<std::string> export_formats();

}  // namespace attnlab
