// Records and subjects for tests of the report, and access to cells of its tables.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "compare/subject.h"
#include "harness/command.h"
#include "report/tables.h"

namespace attnlab {

/// A complete record with figures and eight samples of `time_ns`.
inline Json record(const std::string& backend, std::int64_t n, double time_ns, double workspace) {
  Json made =
      Json::parse(R"json({"schema": 1, "status": "ok", "reason": null, "warnings": [], "score": "scaled_dot",
    "modifiers": "", "pattern": "full", "normaliser": "softmax", "variant": "scaled_dot|softmax", "engine": "tiled",
    "cell": {"batch": 1, "heads": 1, "kv_heads": 1, "head_dim": 8, "head_dim_v": 8, "dtype": "f32", "threads": 1,
             "seed": 1, "score_weights": "", "cu_seqlens": "", "rounds": 1, "min_time_s": 0.1},
    "input": {"name": "gaussian(1)"}, "work": {"flops": 1000},
    "error": {"max_abs": 1e-7, "relative_l2": 1e-7, "within_budget": true, "rows": 4,
              "undetermined_rows": 0, "rows_beyond": 0, "rows_overflowed": 0,
              "worst": {"ratio": 0.25, "error_l2": 1e-7, "budget_l2": 4e-7, "batch": 0, "head": 0, "query": 3}},
    "deviation": {"relative_l2": 0, "max_abs": 0, "exact_variant": "scaled_dot|softmax"},
    "dispersion": {"mean": {"entropy": 3.5}}, "heatmap": null,
    "machine": {"cpu": "CPU", "cores": 2, "level": "avx2", "onednn_version": "2.6.3", "onednn_level": "avx2", "path": "x"},
    "build": {"compiler": "GCC", "flags": "-O3", "type": "Release", "git_revision": "abc", "git_dirty": false},
    "started_at": "2026-01-01T00:00:00Z"
})json");
  made["backend"] = backend;
  made["cell"]["seqlen_q"] = made["cell"]["seqlen_k"] = n;
  made["time"] = {{"median_ns", time_ns}, {"samples_ns", std::vector<double>(8, time_ns)}};
  made["memory"] = {{"workspace_bytes", static_cast<std::int64_t>(workspace)},
                    {"heap_peak_bytes", nullptr},
                    {"rss_delta_bytes", nullptr}};
  return made;
}

/// A record of backend full as a sweep wrote it, at 64 queries and keys.
inline Json whole_record() {
  std::istringstream lines(
      read_file(std::filesystem::path(std::getenv("ATTNLAB_SOURCE")) / "results/example/records.jsonl"));
  for (std::string line; std::getline(lines, line);) {
    Json record = Json::parse(line);
    if (record.at("backend") != "full" || record.at("cell").at("dtype") != "f32") continue;
    record["cell"]["seqlen_q"] = record["cell"]["seqlen_k"] = 64;
    record["cell"]["twin"] = false;
    return record;
  }
  throw std::runtime_error("no such record");
}

inline Subject subject(std::vector<Json> records, std::vector<Json> twins = {}) {
  return make_subject({{"run", {std::move(records), std::move(twins)}}});
}

inline Table table(const std::vector<Table>& tables, const std::string& id) {
  for (const Table& candidate : tables)
    if (candidate.id == id) return candidate;
  throw std::runtime_error("no table " + id);
}

inline const TableCell& at(const Table& table, std::size_t row, const std::string& column) {
  for (std::size_t c = 0; c < table.columns.size(); ++c)
    if (table.columns[c].title == column) return table.rows.at(row).at(c);
  throw std::runtime_error("no column " + column);
}

inline std::string cell(const Table& table, std::size_t row, const std::string& column) {
  return at(table, row, column).text;
}

}  // namespace attnlab
