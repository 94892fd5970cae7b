#include "sweep/terminal.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>

#include "attnlab/dispersion/divergence.h"
#include "compare/noise_floor.h"
#include "records/analysis.h"
#include "records/quantities.h"

namespace attnlab {

void print_table(const std::vector<Json>& records) {
  const Conditions conditions(records);
  std::map<std::string, double> full_ns;
  for (const Json& record : records)
    if (record.at("backend") == "full" && counts(record))
      full_ns[comparison_key(record)] = record.at("time").at("median_ns");
  fmt::print("{:<10} {:>8} {:>5} {:>10} {:>9} {:>11} {:>9} {:>9}  {}\n", "backend", "n", "dtype", "time",
             "vs full", "workspace", "error", "entropy", "variant");
  for (const Json& record : records) {
    if (is_twin(record)) continue;
    const Json& cell = record.at("cell");
    const std::string& condition = conditions.label(conditions.index(record));
    const std::string name =
        record.at("variant").get<std::string>() + (condition.empty() ? "" : "  " + condition);
    fmt::print("{:<10} {:>8} {:>5} ", backend_of(record), seqlen_of(record),
               cell.at("dtype").get<std::string>());
    if (record.at("status") != "ok") {
      fmt::print("{:<50} {}\n", record.at("status").get<std::string>(), name);
      continue;
    }
    const double time_ns = record.at("time").at("median_ns");
    const auto full = full_ns.find(comparison_key(record));
    const Json& error = record.at("error").at("max_abs");
    fmt::print(
        "{:>10} {:>9} {:>11} {:>9} {:>9.3f}  {}{}\n", format_seconds(time_ns * 1e-9),
        full == full_ns.end() || !counts(record) ? "-" : fmt::format("{:.2f} x", full->second / time_ns),
        format_bytes(record.at("memory").at("workspace_bytes")),
        error.is_null() ? "not finite" : fmt::format("{:.1e}", error.get<double>()),
        record.at("dispersion").at("mean").at("entropy").is_null()
            ? 0.0
            : record.at("dispersion").at("mean").at("entropy").get<double>(),
        name, counts(record) ? "" : "  [outside its error budget]");
  }
  std::vector<Json> twins;
  std::copy_if(records.begin(), records.end(), std::back_inserter(twins), is_twin);
  if (const auto floor = noise_floor(records, twins))
    fmt::print("noise floor {:.1f} %, from {} A/A pair{}\n", *floor * 100, twins.size(),
               twins.size() == 1 ? "" : "s");
}

namespace {

/// A figure with three digits.
std::string rounded(const Json& figure) {
  return figure.is_null() ? "undefined" : fmt::format("{:.3g}", figure.get<double>());
}

void print_time_and_memory(const Json& record) {
  const Json& time = record.at("time");
  const double time_ns = time.at("median_ns");
  fmt::print("path        {}\n", record.at("machine").at("path").get<std::string>());
  fmt::print("time        {} (median of {}, {}; {} to {}), {:.1f} GFLOP/s of useful work\n",
             format_seconds(time_ns * 1e-9), time.at("samples_ns").size(),
             time.at("stopped").get<std::string>(), format_seconds(time.at("min_ns").get<double>() * 1e-9),
             format_seconds(time.at("max_ns").get<double>() * 1e-9),
             record.at("work").at("flops").get<double>() / time_ns);
  const auto bytes = [&](const char* name) {
    const Json& value = record.at("memory").at(name);
    return value.is_null() ? std::string("not available") : format_bytes(value.get<std::int64_t>());
  };
  const bool disagrees = record.at("memory").at("rss_agrees") == false;
  fmt::print("memory      workspace {}, heap peak {}, resident {} (to {}{}), inputs and output {}\n",
             bytes("workspace_bytes"), bytes("heap_peak_bytes"), bytes("rss_delta_bytes"),
             bytes("rss_resolution_bytes"), disagrees ? "; differs from the workspace" : "",
             bytes("inputs_bytes"));
}

void print_error(const Json& record) {
  const Json& error = record.at("error");
  const Json& worst = error.at("worst");
  const auto of_budget = [&] {
    return worst.at("ratio").is_null() ? std::string("not finite")
                                       : fmt::format("at {:.3g} of it", worst.at("ratio").get<double>());
  };
  fmt::print("error       max {}, relative {}, on {} rows of each head; {} rows beyond their budget{}\n",
             rounded(error.at("max_abs")), rounded(error.at("relative_l2")), error.at("rows").dump(),
             error.at("rows_beyond").dump(),
             worst.is_null() ? ""
                             : fmt::format(", the worst {} (head {}, query {})", of_budget(),
                                           worst.at("head").dump(), worst.at("query").dump()));
  fmt::print("deviation   {} from {}\n", rounded(record.at("deviation").at("relative_l2")),
             record.at("deviation").at("exact_variant").get<std::string>());
}

void print_against(const Json& record) {
  const Json& against = record.at("against");
  fmt::print("against     {}, mean over the same rows: ", against.at("variant").get<std::string>());
  for (const StatisticInfo& info : divergence_infos) {
    const Json& mean = against.at("mean").at(std::string(info.name));
    fmt::print("{} {}, ", info.name,
               mean.is_null() ? "undefined" : fmt::format("{:.4g} {}", mean.get<double>(), info.unit));
  }
  fmt::print("output max {}, relative {}\n", rounded(against.at("output").at("max_abs")),
             rounded(against.at("output").at("relative_l2")));
}

void print_filter(const Json& filter) {
  const auto percent = [&](const char* name) {
    return filter.at(name).is_null() ? "undefined"
                                     : fmt::format("{:.3g} %", 100 * filter.at(name).get<double>());
  };
  fmt::print(
      "filter      {}: of the visible keys {} appended, {} passed, {} on the support; {} solves a row\n",
      filter.at("approximated").get<bool>()
          ? fmt::format("8-bit products first for {} of the rows", percent("approximated_rows"))
          : "full products",
      percent("appended"), percent("passed"), percent("support"), rounded(filter.at("solves_per_row")));
}

}  // namespace

void print_summary(const Json& record) {
  const Json& cell = record.at("cell");
  const Json& machine = record.at("machine");
  fmt::print("variant     {} on engine {}\n", record.at("variant").get<std::string>(),
             record.at("engine").get<std::string>());
  fmt::print("shape       batch {}, heads {} ({} kv), n_q {}, n_k {}, d {}, d_v {}, {}, {} thread(s)\n",
             cell.at("batch").dump(), cell.at("heads").dump(), cell.at("kv_heads").dump(),
             cell.at("seqlen_q").dump(), cell.at("seqlen_k").dump(), cell.at("head_dim").dump(),
             cell.at("head_dim_v").dump(), cell.at("dtype").get<std::string>(), cell.at("threads").dump());
  fmt::print("input       {}\n", record.at("input").at("name").get<std::string>());
  fmt::print("machine     {}, row code {}, oneDNN {} at {}\n", machine.at("cpu").get<std::string>(),
             machine.at("level").get<std::string>(), machine.at("onednn_version").get<std::string>(),
             machine.at("onednn_level").get<std::string>());
  if (record.at("status") != "ok") {
    fmt::print("status      {}: {}\n", record.at("status").get<std::string>(),
               record.at("reason").get<std::string>());
    return;
  }
  print_time_and_memory(record);
  print_error(record);
  print_against(record);
  if (!record.at("filter").is_null()) print_filter(record.at("filter"));
  fmt::print("dispersion  mean over rows of all heads\n");
  for (const StatisticInfo& info : statistic_infos) {
    const Json& mean = record.at("dispersion").at("mean").at(std::string(info.name));
    fmt::print("  {:<26} {}\n", info.name,
               mean.is_null() ? "undefined" : fmt::format("{:.6g} {}", mean.get<double>(), info.unit));
  }
  for (const Json& warning : record.at("warnings"))
    fmt::print("warning     {}\n", warning.get<std::string>());
}

}  // namespace attnlab
