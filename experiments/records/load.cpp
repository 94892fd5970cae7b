#include "records/load.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "attnlab/core/argument_error.h"
#include "cell/run_cell.h"
#include "records/analysis.h"
#include "records/schema.h"

namespace attnlab {

namespace {

/// Keys that a record of any status needs to appear in tables and charts.
constexpr std::array texts{"/engine",     "/variant",     "/status",        "/cell/dtype",
                           "/input/name", "/machine/cpu", "/machine/level", "/started_at"};
constexpr std::array numbers{"/cell/batch",    "/cell/heads",      "/cell/kv_heads",
                             "/cell/head_dim", "/cell/head_dim_v", "/cell/seqlen_q",
                             "/cell/seqlen_k", "/cell/threads",    "/cell/seed"};
constexpr std::array objects{"time",       "work",    "memory", "error",  "deviation",
                             "dispersion", "against", "filter", "heatmap"};

/// The first key of schema 1 that `record` lacks; empty if it lacks none.
std::string lacking(const Json& record) {
  const auto at = [&](const char* pointer) -> const Json* {
    const Json::json_pointer path(pointer);
    return record.contains(path) ? &record.at(path) : nullptr;
  };
  for (const char* text : texts)
    if (!at(text) || !at(text)->is_string()) return fmt::format("a string '{}'", text + 1);
  for (const char* number : numbers)
    if (!at(number) || !at(number)->is_number_integer())
      return fmt::format("a whole number '{}'", number + 1);
  for (const char* length : {"/cell/seqlen_q", "/cell/seqlen_k"})
    if (at(length)->get<std::int64_t>() < 1) return fmt::format("a '{}' above 0", length + 1);
  if (!record.contains("backend") || !(record["backend"].is_null() || record["backend"].is_string()))
    return "a string or null 'backend'";
  if (record.contains("reason") && !record["reason"].is_null() && !record["reason"].is_string())
    return "a string or null 'reason'";
  if (!record.contains("warnings") || !record["warnings"].is_array()) return "a list 'warnings'";
  for (const Json& warning : record["warnings"])
    if (!warning.is_string()) return "a list 'warnings' of strings";
  for (const char* object : objects)
    if (record.contains(object) && !record[object].is_null() && !record[object].is_object())
      return fmt::format("an object or null '{}'", object);
  return {};
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
    if (const std::string lack = lacking(record); !lack.empty())
      throw ArgumentError(command, where, fmt::format("the record lacks {}", lack),
                          "a record as in results/SCHEMA.md");
    record = migrated(std::move(record));
    (is_twin(record) ? run.twins : run.cells).push_back(std::move(record));
  }
  if (run.cells.empty())
    throw ArgumentError(command, file.string(), "the file is empty", "at least one record");
  return run;
}

}  // namespace attnlab
