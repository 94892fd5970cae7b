#include "sweep/summary.h"

#include <fmt/format.h>

#include "attnlab/dispersion/divergence.h"
#include "records/quantities.h"
#include "records/samples.h"

namespace attnlab {

namespace {

/// A figure with three digits.
std::string rounded(const Json& figure) {
  return figure.is_null() ? "undefined" : fmt::format("{:.3g}", figure.get<double>());
}

void print_time_and_memory(const Json& record) {
  const Json& time = record.at("time");
  const double time_ns = time.at("median_ns");
  fmt::print("path        {}\n", record.at("machine").at("path").get<std::string>());
  const CleanShare share = clean_share(record);
  fmt::print("time        {} (median of {}{}, {}; {} to {}), {:.1f} GFLOP/s of useful work\n",
             format_seconds(time_ns * 1e-9), time.at("samples_ns").size(),
             share.clean < fewest_clean
                 ? fmt::format(", only {} clean: too few for a 99 % interval", to_string(share))
                 : "",
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
}

/// The variant that a part of the record compares with; empty if it is the variant itself.
std::string other_variant(const Json& record, const char* part, const char* key) {
  const std::string other = record.at(part).at(key);
  return other == record.at("variant").get<std::string>() ? "" : other;
}

/// Unless print_against() prints the same distance.
void print_deviation(const Json& record) {
  const std::string exact = other_variant(record, "deviation", "exact_variant");
  if (exact.empty() || exact == other_variant(record, "against", "variant")) return;
  fmt::print("deviation   {} from {}\n", rounded(record.at("deviation").at("relative_l2")), exact);
}

void print_against(const Json& record) {
  const std::string other = other_variant(record, "against", "variant");
  if (other.empty()) return;
  const Json& against = record.at("against");
  fmt::print("against     {}, mean over the same rows: ", other);
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

void print_variant(const Json& record) {
  fmt::print("variant     {} on engine {}\n", record.at("variant").get<std::string>(),
             record.at("engine").get<std::string>());
}

std::string shape_of(const Json& record) {
  const Json& cell = record.at("cell");
  return fmt::format("batch {}, heads {} ({} kv), n_q {}, n_k {}, d {}, d_v {}, {}, {} thread(s)",
                     cell.at("batch").dump(), cell.at("heads").dump(), cell.at("kv_heads").dump(),
                     cell.at("seqlen_q").dump(), cell.at("seqlen_k").dump(), cell.at("head_dim").dump(),
                     cell.at("head_dim_v").dump(), cell.at("dtype").get<std::string>(),
                     cell.at("threads").dump());
}

/// Prints why a record has no figures; false if it has them.
bool print_failure(const Json& record) {
  if (record.at("status") == "ok") return false;
  fmt::print("status      {}: {}\n", record.at("status").get<std::string>(),
             record.at("reason").get<std::string>());
  return true;
}

std::string mean_of(const Json& record, const StatisticInfo& info, int digits) {
  const Json& mean = record.at("dispersion").at("mean").at(std::string(info.name));
  return mean.is_null() ? "undefined" : fmt::format("{:.{}g} {}", mean.get<double>(), digits, info.unit);
}

}  // namespace

void print_summary(const Json& record) {
  const Json& machine = record.at("machine");
  print_variant(record);
  fmt::print("shape       {}\n", shape_of(record));
  fmt::print("input       {}\n", record.at("input").at("name").get<std::string>());
  fmt::print("machine     {}, row code {}, oneDNN {} at {}\n", machine.at("cpu").get<std::string>(),
             machine.at("level").get<std::string>(), machine.at("onednn_version").get<std::string>(),
             machine.at("onednn_level").get<std::string>());
  if (print_failure(record)) return;
  print_time_and_memory(record);
  print_error(record);
  print_deviation(record);
  print_against(record);
  if (!record.at("filter").is_null()) print_filter(record.at("filter"));
  fmt::print("dispersion  mean over rows of all heads\n");
  for (const StatisticInfo& info : statistic_infos)
    fmt::print("  {:<26} {}\n", info.name, mean_of(record, info, 6));
  for (const Json& warning : record.at("warnings"))
    fmt::print("warning     {}\n", warning.get<std::string>());
}

void print_brief_summary(const Json& record) {
  print_variant(record);
  fmt::print("shape       {}, {}\n", shape_of(record), record.at("input").at("name").get<std::string>());
  if (print_failure(record)) return;
  const auto seconds = [&](const char* key) {
    return format_seconds(record.at("time").at(key).get<double>() * 1e-9);
  };
  fmt::print("time        {}, 99 % interval {} to {}, {} samples clean\n", seconds("median_ns"),
             seconds("low_ns"), seconds("high_ns"), to_string(clean_share(record)));
  fmt::print("memory      workspace {}\n", format_bytes(record.at("memory").at("workspace_bytes")));
  const Json& error = record.at("error");
  fmt::print("error       max {}, {} rows beyond their budget\n", rounded(error.at("max_abs")),
             error.at("rows_beyond").dump());
  print_against(record);
  std::string dispersion;
  for (const StatisticInfo& info : statistic_infos)
    for (const std::string_view chief : {"entropy", "effective_support", "max_weight", "sparsity"})
      if (info.name == chief)
        dispersion +=
            fmt::format("{}{} {}", dispersion.empty() ? "" : ", ", info.name, mean_of(record, info, 3));
  fmt::print("dispersion  {}\n", dispersion);
  std::string warnings;
  for (const Json& warning : record.at("warnings"))
    warnings += (warnings.empty() ? "" : "; ") + warning.get<std::string>();
  if (!warnings.empty()) fmt::print("warning     {}\n", warnings);
}

}  // namespace attnlab
