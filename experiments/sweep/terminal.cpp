#include "sweep/terminal.h"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <sstream>
#include <string_view>

#include "attnlab/dispersion/divergence.h"
#include "compare/noise_floor.h"
#include "compare/verdict.h"
#include "records/analysis.h"
#include "records/baseline.h"
#include "records/formats.h"
#include "records/quantities.h"
#include "records/samples.h"
#include "records/series_names.h"

namespace attnlab {

namespace {

/// The workspace, error and entropy of a record.
std::vector<TableCell> other_figures(const Json& record) {
  const auto error = number_at(record, "error.max_abs");
  const auto entropy = number_at(record, "dispersion.mean.entropy");
  return {format_bytes(record.at("memory").at("workspace_bytes")),
          error ? fmt::format("{:.1e}{}", *error, counts(record) ? "" : " over budget") : "not finite",
          entropy ? fmt::format("{:.3f}", *entropy) : missing};
}

/// The share of clean samples, with a mark if they are too few for a 99 % interval.
std::string clean_cell(const Json& record) {
  const CleanShare share = clean_share(record);
  return to_string(share) + (share.clean < fewest_clean ? " !" : "");
}

std::vector<TableCell> time_figures(const Json& record, const Baseline& baseline, double floor) {
  const auto seconds = [&](const char* path) {
    return format_seconds(number_at(record, path).value_or(0) * 1e-9);
  };
  std::string ratio = missing;
  if (const auto [base, why] = baseline.cell_for(record); base) {
    const TimeRatio time = compare_times(*base, record, floor);
    ratio = base == &record                      ? "1"
            : time.verdict == Verdict::disturbed ? std::string(to_string(time.verdict))
                                                 : fmt::format("{:.2f} x", 1 / time.value);
  }
  return {seconds("time.median_ns"), fmt::format("{} - {}", seconds("time.low_ns"), seconds("time.high_ns")),
          clean_cell(record), ratio};
}

/// The rows of the records, without twins, in their order.
Table sweep_table(const std::vector<const Json*>& shown, const std::vector<Json>& records, double floor) {
  const SeriesNames names(records);
  const Conditions conditions(records);
  const Baseline baseline(records, std::nullopt);
  Table table{"sweep", names.common(), {{"variant", "variant", false}, {"n", "n"}}, {}, ""};
  const bool several_types = std::any_of(records.begin(), records.end(), [&](const Json& record) {
    return text_at(record, "cell.dtype") != text_at(records.front(), "cell.dtype");
  });
  if (several_types) table.columns.push_back({"dtype", "dtype", false});
  if (conditions.size() > 1) table.columns.push_back({"under", "condition", false});
  const std::size_t named = table.columns.size();
  for (const char* title : {"time", "99 % interval", "clean"}) table.columns.push_back({title, title});
  table.columns.push_back({"speed-up", "speed_up"});
  table.note = "speed-up against " + baseline.name();
  for (const char* title : {"workspace", "error", "entropy"}) table.columns.push_back({title, title});
  for (const Json* record : shown) {
    std::vector<TableCell> row{names.of(*record), fmt::format("{}", seqlen_of(*record))};
    if (several_types) row.emplace_back(text_at(*record, "cell.dtype"));
    if (conditions.size() > 1) row.emplace_back(conditions.label(conditions.index(*record)));
    if (record->at("status") == "ok") {
      for (const auto& cells : {time_figures(*record, baseline, floor), other_figures(*record)})
        row.insert(row.end(), cells.begin(), cells.end());
    } else {
      row.emplace_back(text_at(*record, "status"));
    }
    row.resize(named + 7, TableCell(""));
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace

bool is_terminal(int descriptor) {
  const char* const kind = std::getenv("TERM");
  return isatty(descriptor) == 1 && kind != nullptr && std::string_view(kind) != "dumb";
}

void print_table(const std::vector<Json>& records) {
  std::vector<const Json*> shown;
  std::vector<Json> twins;
  for (const Json& record : records) {
    if (is_twin(record))
      twins.push_back(record);
    else
      shown.push_back(&record);
  }
  const auto floor = noise_floor(records, twins);
  const std::string text = to_text(sweep_table(shown, records, floor.value_or(default_noise_floor)));
  // Rows of disturbed cells are dimmed on a terminal. The caption and the titles come before the rows.
  const bool dims = is_terminal(STDOUT_FILENO) && std::getenv("NO_COLOR") == nullptr;
  std::istringstream lines(text);
  std::size_t at = 0;
  for (std::string line; std::getline(lines, line); ++at) {
    line.erase(line.find_last_not_of(' ') + 1);
    const bool dim = dims && at >= 2 && at - 2 < shown.size() && is_disturbed(*shown[at - 2]);
    if (!line.empty()) fmt::print("{}{}{}\n", dim ? "\033[2m" : "", line, dim ? "\033[0m" : "");
  }
  if (const std::size_t pairs = undisturbed_pairs(records, twins).size(); floor)
    fmt::print("noise floor {:.1f} %, from {} A/A pair{}\n", *floor * 100, pairs, pairs == 1 ? "" : "s");
  else if (!twins.empty())
    fmt::print("noise floor not measured, since the A/A pairs were disturbed; {:.0f} % is assumed\n",
               default_noise_floor * 100);
}

std::string disturbed_line(const std::vector<Json>& records) {
  std::int64_t measured = 0;
  std::int64_t disturbed = 0;
  std::int64_t without = 0;
  std::int64_t few = 0;
  for (const Json& record : records) {
    if (is_twin(record) || record.at("status") != "ok") continue;
    ++measured;
    const CleanShare share = clean_share(record);
    if (share.clean == 0) ++without;
    if (is_disturbed(record)) ++disturbed;
    if (share.clean < fewest_clean) ++few;
  }
  if (without > 0 && without == disturbed)
    return fmt::format("{} of {} cells have no clean sample; do not quote these\n", without, measured);
  if (disturbed > 0)
    return fmt::format("{} of {} cells have too few clean samples{}; do not quote these\n", disturbed,
                       measured, without > 0 ? fmt::format(", {} of them none", without) : "");
  if (few > 0)
    return fmt::format("! fewer than {} clean samples give no 99 % interval: {} of {} cells\n", fewest_clean,
                       few, measured);
  return {};
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
