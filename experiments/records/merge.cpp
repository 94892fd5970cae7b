#include "records/merge.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <system_error>

#include "attnlab/core/argument_error.h"
#include "attnlab/inputs/whole_file.h"
#include "cell/run_cell.h"
#include "options/notice.h"
#include "records/analysis.h"
#include "records/load.h"
#include "records/records.h"

namespace attnlab {

namespace {

struct Part {
  std::string directory;
  std::vector<Json> records;
  Json run;
};

Part read_part(const std::string& directory) {
  RunRecords run = load_run(directory, "merge");
  Part part{directory, std::move(run.cells), {}};
  part.records.insert(part.records.end(), run.twins.begin(), run.twins.end());
  std::ifstream stream(std::filesystem::path(directory) / "run.json");
  part.run = Json::parse(stream, nullptr, false);
  if (!part.run.is_object() || !part.run.contains("options"))
    throw ArgumentError("merge", directory, "its run.json is missing or not that of a sweep",
                        "a directory that attnlab sweep made");
  return part;
}

std::string machine_of(const Json& record) {
  return fmt::format("{} ({})", text_at(record, "machine.cpu"), text_at(record, "machine.level"));
}

std::string build_of(const Json& record) {
  return fmt::format("{}{} by {} {}, oneDNN {}", text_at(record, "build.git_revision"),
                     text_at(record, "build.git_dirty") == "true" ? " (with changes)" : "",
                     text_at(record, "build.compiler"), text_at(record, "build.flags"),
                     text_at(record, "machine.onednn_version"));
}

void require_one(const std::vector<Part>& parts, const char* what, std::string (*of)(const Json&)) {
  std::set<std::string> found;
  for (const Part& part : parts)
    for (const Json& record : part.records) found.insert(of(record));
  if (found.size() > 1)
    throw ArgumentError("merge", fmt::format("{}", fmt::join(found, " and ")),
                        fmt::format("the records are of more than one {}", what),
                        fmt::format("records of one {}, or --force", what));
}

/// A checksum of records, and what two records share that must have the same.
struct Content {
  const char* checksum;
  std::vector<const char*> shared;  ///< first the name that the user gave
};

/// Throws ArgumentError for parts that read a file of one name with different content.
void require_same_files(const std::vector<Part>& parts) {
  static const std::vector<Content> contents{
      {"input.checksum",
       {"input.name", "cell.dtype", "cell.batch", "cell.heads", "cell.kv_heads", "cell.seqlen_q",
        "cell.seqlen_k", "cell.head_dim", "cell.head_dim_v", "cell.seed"}},
      {"input.cu_seqlens_checksum", {"cell.cu_seqlens"}},
      {"input.score_weights_checksum",
       {"cell.score_weights", "variant", "cell.heads", "cell.kv_heads", "cell.head_dim"}}};
  for (const Content& content : contents) {
    std::map<std::string, std::string> found;
    for (const Part& part : parts)
      for (const Json& record : part.records) {
        const std::string checksum = text_at(record, content.checksum);
        std::string key;
        for (const char* path : content.shared) key += text_at(record, path) + "\n";
        if (!checksum.empty() && found.emplace(key, checksum).first->second != checksum)
          throw ArgumentError("merge", text_at(record, content.shared.front()),
                              "its content differs between the directories",
                              "runs that read the same files, or --force");
      }
  }
}

/// The shards that are missing, if the parts are shards; empty if none is.
std::string missing_shards(const std::vector<Part>& parts) {
  std::set<std::string> there;
  for (const Part& part : parts) there.insert(part.run.at("options").value("shard", "1/1"));
  const std::string& some = *there.begin();
  const int count = std::stoi(some.substr(some.find('/') + 1));
  std::vector<std::string> missing;
  for (int shard = 1; shard <= count; ++shard)
    if (const std::string name = fmt::format("{}/{}", shard, count); !there.contains(name))
      missing.push_back(name);
  return fmt::format("{}", fmt::join(missing, ", "));
}

}  // namespace

int merge_command(const Settings& settings) {
  const std::string& out = settings.required("out", "a new directory for the merged records");
  settings.required_argument("the directories to join");
  std::vector<Part> parts;
  for (const std::string& directory : settings.positional) parts.push_back(read_part(directory));
  if (!settings.has("force")) {
    require_one(parts, "CPU and level", machine_of);
    require_one(parts, "build", build_of);
    require_same_files(parts);
  }
  std::map<std::string, std::string> first;
  std::vector<Json> records;
  Json runs = Json::array();
  for (const Part& part : parts) {
    for (const Json& record : part.records) {
      const auto [other, is_new] = first.emplace(record.at("id"), part.directory);
      if (!is_new)
        throw ArgumentError("merge", part.directory,
                            fmt::format("{} n={} is in {}, too", text_at(record, "variant"),
                                        seqlen_of(record), other->second),
                            "each cell once");
      records.push_back(record);
    }
    runs.push_back(part.run);
  }
  std::stable_sort(records.begin(), records.end(),
                   [](const Json& a, const Json& b) { return seqlen_of(a) < seqlen_of(b); });
  Json run = parts.front().run;
  run["options"].erase("shard");
  run["cells"] = records.size();
  run["merged"] = runs;
  std::string lines;
  for (const Json& record : records) lines += to_line(record) + "\n";
  RunDirectory merged(out, false);
  merged.begin(run);
  try {
    write_whole(merged.file(), {lines});
  } catch (const std::system_error& error) {
    throw RecordError(error.what());
  }
  if (const std::string absent = missing_shards(parts); !absent.empty())
    notice("attnlab: shards that are not here: {}\n", absent);
  fmt::print("{} records of {} directories: {}\n", records.size(), parts.size(), merged.file().string());
  return 0;
}

}  // namespace attnlab
