#include "records/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>

#include "attnlab/core/argument_error.h"
#include "attnlab/measure/bootstrap.h"
#include "cell/run_cell.h"
#include "records/record_parts.h"
#include "records/records.h"
#include "records/value_type.h"
#include "records/whole_file.h"

namespace attnlab {

namespace {

struct Key {
  const char* pointer;
  Type type;
  bool nullable = false;
  bool may_lack = false;  ///< added within this schema; older records may lack it
};

/// Keys of every record.
constexpr Key every_record[] = {
    {"/schema", Type::whole},
    {"/id", Type::text},
    {"/resume_key", Type::text, true},
    {"/group", Type::text, true},
    {"/backend", Type::text, true},
    {"/engine", Type::text},
    {"/variant", Type::text},
    {"/score", Type::text},
    {"/modifiers", Type::text},
    {"/pattern", Type::text},
    {"/normaliser", Type::text},
    {"/status", Type::text},
    {"/reason", Type::text, true},
    {"/warnings", Type::texts},
    {"/cell/batch", Type::whole},
    {"/cell/heads", Type::whole},
    {"/cell/kv_heads", Type::whole},
    {"/cell/seqlen_q", Type::whole},
    {"/cell/seqlen_k", Type::whole},
    {"/cell/head_dim", Type::whole},
    {"/cell/head_dim_v", Type::whole},
    {"/cell/dtype", Type::text},
    {"/cell/threads", Type::whole},
    {"/cell/seed", Type::whole},
    {"/cell/score_weights", Type::text},
    {"/cell/cu_seqlens", Type::text},
    {"/cell/rounds", Type::whole},
    {"/cell/min_time_s", Type::number},
    {"/cell/twin", Type::boolean},
    {"/input/name", Type::text},
    {"/input/checksum", Type::text, true},
    {"/input/nonfinite", Type::whole, true},
    {"/input/cu_seqlens_checksum", Type::text, true, true},
    {"/input/score_weights_checksum", Type::text, true, true},
    {"/work/visible_pairs", Type::whole},
    {"/work/flops", Type::whole},
    {"/time", Type::object, true},
    {"/memory", Type::object, true},
    {"/error", Type::object, true},
    {"/deviation", Type::object, true},
    {"/dispersion", Type::object, true},
    {"/heatmap", Type::object, true},
    {"/machine/cpu", Type::text},
    {"/machine/cores", Type::whole},
    {"/machine/memory_bytes", Type::whole},
    {"/machine/threads", Type::whole, true, true},
    {"/machine/level", Type::text},
    {"/machine/onednn_level", Type::text},
    {"/machine/onednn_version", Type::text},
    {"/machine/path", Type::text, true},
    {"/build/compiler", Type::text},
    {"/build/flags", Type::text},
    {"/build/type", Type::text},
    {"/build/git_revision", Type::text},
    {"/build/git_dirty", Type::boolean, true},
    {"/started_at", Type::text},
    {"/elapsed_ms", Type::number, true},
    {"/measured_ms", Type::number, true, true},
};

/// Further keys of records with status ok. Errors and deviations of non-finite outputs are null.
constexpr Key ok_record[] = {
    {"/time/median_ns", Type::number},
    {"/time/low_ns", Type::number},
    {"/time/high_ns", Type::number},
    {"/time/min_ns", Type::number},
    {"/time/max_ns", Type::number},
    {"/time/stopped", Type::text, true},
    {"/time/contaminated", Type::whole, true},
    {"/time/samples_ns", Type::numbers},
    {"/time/iterations", Type::wholes},
    {"/time/blocks", Type::wholes, true},
    {"/time/samples", Type::objects, true},
    {"/memory/workspace_bytes", Type::whole, true},
    {"/memory/workspace_predicted_bytes", Type::whole, true},
    {"/memory/heap_peak_bytes", Type::whole, true},
    {"/memory/rss_delta_bytes", Type::whole, true},
    {"/memory/rss_resolution_bytes", Type::whole, true, true},
    {"/memory/rss_agrees", Type::boolean, true, true},
    {"/memory/inputs_bytes", Type::whole},
    {"/error/max_abs", Type::number, true},
    {"/error/relative_l2", Type::number, true},
    {"/error/within_budget", Type::boolean},
    {"/error/rows", Type::whole},
    {"/error/undetermined_rows", Type::whole, true},
    {"/error/rows_beyond", Type::whole, true},
    {"/error/rows_overflowed", Type::whole, true},
    {"/error/worst", Type::object, true},
    {"/deviation/relative_l2", Type::number, true},
    {"/deviation/max_abs", Type::number, true},
    {"/deviation/exact_variant", Type::text},
    {"/dispersion/per_head", Type::object},
    {"/dispersion/mean", Type::object},
    {"/dispersion/quantiles", Type::object},
    {"/dispersion/rows", Type::whole},
    {"/dispersion/rows_without_keys", Type::whole},
};

/// Parts that a record of status ok may lack: they were added after the first records of the schema.
constexpr Key newer_record[] = {
    {"/dispersion/distance_mass", Type::object, false, true},
    {"/against", Type::object},
    {"/against/variant", Type::text},
    {"/against/rows", Type::whole},
    {"/against/mean", Type::object},
    {"/against/per_head", Type::object},
    {"/against/infinite_kl_rows", Type::whole},
    {"/against/output/max_abs", Type::number, true},
    {"/against/output/relative_l2", Type::number, true},
    {"/filter", Type::object, true},
    {"/filter/approximated", Type::boolean},
    {"/filter/approximated_rows", Type::number, true},
    {"/filter/appended", Type::number, true},
    {"/filter/passed", Type::number, true},
    {"/filter/support", Type::number, true},
    {"/filter/solves_per_row", Type::number, true},
    {"/filter/whole_rows", Type::number, true},
};

constexpr const char* statuses[] = {
    "ok",      "refused", "predicted_too_large", "predicted_too_slow", "out_of_memory", "timeout",
    "crashed", "failed"};

/// The object that contains `pointer`, if the whole object may be null.
const Json* optional_object(const Json& record, std::string_view pointer) {
  for (const char* name : {"deviation", "dispersion"})
    if (pointer.starts_with(fmt::format("/{}/", name)) && record.contains(name)) return &record.at(name);
  return nullptr;
}

void check(const Json& record, const Key& key, std::vector<std::string>& found) {
  const Json::json_pointer pointer(key.pointer);
  // Records of other libraries have neither a deviation nor statistics.
  if (const Json* whole = optional_object(record, key.pointer); whole && whole->is_null()) return;
  const bool there = record.contains(pointer);
  if (!there && key.may_lack) return;
  if (there && ((key.nullable && record.at(pointer).is_null()) || has_type(record.at(pointer), key.type)))
    return;
  found.push_back(fmt::format("'{}' is {}; {}{}", key.pointer + 1,
                              there ? record.at(pointer).dump() : "missing", name_of(key.type),
                              key.nullable ? " or null" : ""));
}

/// The lines of directory/records.jsonl. Throws ArgumentError (argument `command`).
std::vector<std::string> lines_of(const std::filesystem::path& directory, std::string_view command) {
  std::ifstream stream(directory / "records.jsonl");
  if (!stream)
    throw ArgumentError(command, directory.string(),
                        fmt::format("cannot open records.jsonl: {}", std::strerror(errno)),
                        "a directory that attnlab sweep made");
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::filesystem::path directory_of(const Settings& settings) {
  return settings.required_argument("the directory of a sweep");
}

}  // namespace

std::vector<std::string> violations(const Json& record) {
  std::vector<std::string> found;
  if (!record.is_object()) return {"no JSON object"};
  if (record.value("schema", Json()) != schema_version)
    return {fmt::format("schema {}; {}, to which attnlab migrate lifts older ones",
                        record.value("schema", Json()).dump(), schema_version)};
  for (const Key& key : every_record) check(record, key, found);
  if (found.empty()) check_sizes(record.at("cell"), found);
  if (!found.empty()) return found;
  const std::string status = record.at("status");
  if (std::find(std::begin(statuses), std::end(statuses), status) == std::end(statuses))
    found.push_back(fmt::format("'status' is '{}', which results/SCHEMA.md does not know", status));
  if (status != "ok") {
    if (record.at("reason").is_null())
      found.push_back(fmt::format("'reason' is null, with status '{}'", status));
    return found;
  }
  for (const Key& key : ok_record) check(record, key, found);
  for (const Key& key : newer_record) {
    const std::string whole = std::string(key.pointer).substr(1, std::string(key.pointer).find('/', 1) - 1);
    const auto part = record.find(whole);
    if (part != record.end() && (key.pointer == "/" + whole || !part->is_null())) check(record, key, found);
  }
  if (found.empty()) check_parts(record, found);
  return found;
}

namespace {

Json from_1_to_2(Json record) {
  record["schema"] = 2;
  record["resume_key"] = nullptr;
  record["group"] = nullptr;
  record["cell"]["twin"] = false;
  record["cell"]["cu_seqlens"] = "";
  if (Json& time = record["time"]; time.is_object()) {
    const Interval interval = median_interval(time.at("samples_ns").get<std::vector<double>>());
    time["low_ns"] = interval.low;
    time["high_ns"] = interval.high;
    for (const char* unknown : {"stopped", "contaminated", "blocks", "samples"}) time[unknown] = nullptr;
  }
  return record;
}

/// migrated(record); its ArgumentError names the place.
Json migrated_at(const std::string& where, const Json& record) {
  try {
    return migrated(record);
  } catch (const ArgumentError& error) {
    throw ArgumentError(error.argument(), where, error.reason(), error.requirement());
  }
}

/// Schema 2 had one budget for the whole output, `error.budget_max_abs`, and no budgets of rows.
Json from_2_to_3(Json record) {
  record["schema"] = 3;
  Json& error = record["error"];
  if (!error.is_object()) return record;
  for (const char* unknown : {"undetermined_rows", "rows_beyond", "rows_overflowed", "worst"})
    if (!error.contains(unknown)) error[unknown] = nullptr;
  return record;
}

}  // namespace

Json migrated(Json record) {
  const std::string schema = record.at("schema").dump();
  try {
    if (record.at("schema") == 1) record = from_1_to_2(std::move(record));
    if (record.at("schema") == 2) record = from_2_to_3(std::move(record));
  } catch (const Json::exception& error) {
    throw ArgumentError("migrate", "schema " + schema,
                        fmt::format("a key is not as it was: {}", error.what()), "a record of that schema");
  }
  if (record.at("schema") != schema_version)
    throw ArgumentError("migrate", fmt::format("schema {}", record.at("schema").dump()), "unknown schema",
                        fmt::format("schema 1 to {}", schema_version));
  return record;
}

int validate_command(const Settings& settings) {
  const std::vector<std::string> lines = lines_of(directory_of(settings), "validate");
  std::map<std::string, std::size_t> first;
  std::size_t invalid = 0;
  for (std::size_t at = 0; at < lines.size(); ++at) {
    const Json record = Json::parse(lines[at], nullptr, false);
    std::vector<std::string> found =
        record.is_discarded() ? std::vector<std::string>{"no whole JSON object"} : violations(record);
    if (found.empty()) {
      const auto [other, is_new] = first.emplace(record.at("id"), at + 1);
      if (!is_new) found.push_back(fmt::format("the cell of line {} once more", other->second));
    }
    for (const std::string& what : found) fmt::print("records.jsonl:{}: {}\n", at + 1, what);
    invalid += !found.empty();
  }
  fmt::print("{} records, {} invalid (schema {})\n", lines.size(), invalid, schema_version);
  return invalid > 0 ? 3 : 0;
}

int migrate_command(const Settings& settings) {
  const std::filesystem::path directory = directory_of(settings);
  std::string before;
  std::string after;
  std::size_t lifted = 0;
  Json oldest = schema_version;
  const std::vector<std::string> lines = lines_of(directory, "migrate");
  RunDirectory locked(directory, true);
  for (std::size_t at = 0; at < lines.size(); ++at) {
    const Json record = Json::parse(lines[at], nullptr, false);
    if (record.is_discarded() || !record.is_object() || !record.contains("schema"))
      throw ArgumentError("migrate", fmt::format("{}:{}", locked.file().string(), at + 1), "not a record",
                          "a record on each line (results/SCHEMA.md)");
    if (record.at("schema") != schema_version) {
      ++lifted;
      oldest = std::min(oldest, record.at("schema"));
    }
    before += lines[at] + "\n";
    after += to_line(migrated_at(fmt::format("{}:{}", locked.file().string(), at + 1), record)) + "\n";
  }
  if (lifted == 0) {
    fmt::print("{} records, all of schema {} already\n", lines.size(), schema_version);
    return 0;
  }
  const std::filesystem::path old = directory / fmt::format("records.schema-{}.jsonl", oldest.dump());
  write_whole("migrate", old, before);
  write_whole("migrate", locked.file(), after);
  Json run = locked.run();
  if (!run.is_null()) {
    run["schema"] = schema_version;
    locked.begin(run);
  }
  fmt::print("{} of {} records lifted to schema {}; as they were: {}\n", lifted, lines.size(), schema_version,
             old.string());
  return 0;
}

}  // namespace attnlab
