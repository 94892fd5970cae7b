#include "records/load.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "attnlab/core/argument_error.h"
#include "cell/run_cell.h"
#include "records/analysis.h"
#include "records/schema.h"

namespace attnlab {

namespace {

/// The record, converted to the present schema. Throws ArgumentError (argument `command`, `where`: file and
/// line) unless every key is as the schema says.
Json checked(Json record, std::string_view command, const std::string& where) {
  std::vector<std::string> found;
  try {
    record = migrated(std::move(record));
    found = violations(record);
  } catch (const ArgumentError& error) {
    found = {error.reason()};
  }
  if (!found.empty()) throw ArgumentError(command, where, found.front(), "a record as in results/SCHEMA.md");
  return record;
}

}  // namespace

RunRecords load_run(const std::filesystem::path& directory, std::string_view command) {
  const std::filesystem::path file = directory / "records.jsonl";
  std::ifstream stream(file);
  if (!stream)
    throw ArgumentError(command, directory.string(),
                        fmt::format("cannot open records.jsonl: {}", std::strerror(errno)),
                        "a directory that attnlab sweep made");
  RunRecords run;
  std::string line;
  for (int number = 1; std::getline(stream, line); ++number) {
    Json record = Json::parse(line, nullptr, false);
    const std::string where = fmt::format("{}:{}", file.string(), number);
    if (record.is_discarded() || !record.is_object() || !record.contains("schema"))
      throw ArgumentError(command, where, "not a JSON object with a key 'schema'",
                          "a record on each line (results/SCHEMA.md)");
    const std::int64_t schema =
        record["schema"].is_number_integer() ? record["schema"].get<std::int64_t>() : 0;
    if (schema < 1 || schema > schema_version)
      throw ArgumentError(command, fmt::format("{}: schema {}", where, record["schema"].dump()),
                          "unknown schema", fmt::format("schema 1 to {}", schema_version));
    record = checked(std::move(record), command, where);
    (is_twin(record) ? run.twins : run.cells).push_back(std::move(record));
  }
  if (run.cells.empty())
    throw ArgumentError(command, file.string(), "the file is empty", "at least one record");
  return run;
}

}  // namespace attnlab
