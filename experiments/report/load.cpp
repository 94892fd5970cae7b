#include "report/load.h"

#include <fmt/format.h>

#include <fstream>

#include "core/argument_error.h"

namespace attnlab {

std::vector<Json> load_records(const std::filesystem::path& directory) {
  const std::filesystem::path file = directory / "records.jsonl";
  std::ifstream stream(file);
  if (!stream)
    throw ArgumentError("report", directory.string(),
                        "a directory with a records.jsonl, as attnlab sweep --out makes");
  std::vector<Json> records;
  std::string line;
  for (int number = 1; std::getline(stream, line); ++number) {
    Json record = Json::parse(line, nullptr, false);
    const std::string where = fmt::format("{}:{}", file.string(), number);
    if (record.is_discarded() || !record.is_object() || !record.contains("schema"))
      throw ArgumentError("report", where, "one JSON object a line, with a key 'schema' (results/SCHEMA.md)");
    if (record["schema"] != 1)
      throw ArgumentError("report", fmt::format("{}: schema {}", where, record["schema"].dump()), "schema 1");
    records.push_back(std::move(record));
  }
  if (records.empty())
    throw ArgumentError("report", file.string(), "at least one record; this file is empty");
  return records;
}

}  // namespace attnlab
