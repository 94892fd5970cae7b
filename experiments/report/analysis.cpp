#include "report/analysis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "dispersion/row_statistics.h"
#include "table.h"

namespace attnlab {

namespace {

std::int64_t seqlen_of(const Json& record) { return record.at("cell").at("seqlen_q").get<std::int64_t>(); }

std::string show(const std::optional<double>& value, const char* format) {
  return value ? fmt::format(fmt::runtime(format), *value) : missing;
}

std::string show_bytes(const Json& record, const std::string& path) {
  const std::optional<double> bytes = number_at(record, path);
  return bytes ? format_bytes(static_cast<std::int64_t>(*bytes)) : missing;
}

std::string show_time(const Json& record) {
  const std::optional<double> time = number_at(record, "time.median_ns");
  return time ? format_seconds(*time * 1e-9) : missing;
}

std::vector<std::string> cell_columns(const Json& record, const SeriesNames& names) {
  return {names.of(record), fmt::format("{}", seqlen_of(record)),
          record.at("cell").at("dtype").get<std::string>(), record.at("input").at("name").get<std::string>()};
}

std::vector<std::string> with_columns(std::vector<std::string> row, const std::vector<std::string>& more) {
  row.insert(row.end(), more.begin(), more.end());
  return row;
}

/// Records of `full` that count, by what may be compared with them.
std::map<std::string, const Json*> full_records(const std::vector<Json>& records) {
  std::map<std::string, const Json*> full;
  for (const Json& record : records)
    if (record.at("backend") == "full" && counts(record)) full[comparison_key(record)] = &record;
  return full;
}

std::optional<double> ratio_to_full(const std::map<std::string, const Json*>& full, const Json& record,
                                    const std::string& path) {
  const auto base = full.find(comparison_key(record));
  if (base == full.end() || !counts(record)) return std::nullopt;
  const auto above = number_at(*base->second, path);
  const auto below = number_at(record, path);
  return above && below && *below > 0 ? std::optional(*above / *below) : std::nullopt;
}

Table status_table(const std::vector<Json>& records, const SeriesNames& names) {
  Table table{"failures",
              "Cells without figures, and figures that do not count",
              {"backend", "n", "dtype", "input", "status", "reason"},
              {false, true, false, false, false, false},
              {},
              ""};
  for (const Json& record : records) {
    if (record.at("status") != "ok") {
      table.rows.push_back(
          with_columns(cell_columns(record, names),
                       {record.at("status"),
                        record.at("reason").is_null() ? "" : record.at("reason").get<std::string>()}));
      continue;
    }
    for (const Json& warning : record.at("warnings"))
      table.rows.push_back(
          with_columns(cell_columns(record, names), {"warning", warning.get<std::string>()}));
  }
  return table;
}

Table speed_table(const std::vector<Json>& records, const SeriesNames& names) {
  Table table{"speed",
              "Time and memory, and how many times less than full takes",
              {"backend", "n", "dtype", "input", "time", "GFLOP/s", "faster", "workspace", "smaller",
               "heap peak", "resident"},
              {false, true, false, false, true, true, true, true, true, true, true},
              {},
              "Time: median of one call over the rounds, packing of K and V included. GFLOP/s: visible pairs "
              "only. A cell "
              "outside its error budget shows no ratio, nor does one without a 'full' cell of the same "
              "shape, type, threads and input."};
  const auto full = full_records(records);
  for (const Json& record : records) {
    if (record.at("status") != "ok") continue;
    const auto flops = number_at(record, "work.flops");
    const auto time = number_at(record, "time.median_ns");
    table.rows.push_back(with_columns(
        cell_columns(record, names),
        {show_time(record), flops && time ? fmt::format("{:.1f}", *flops / *time) : missing,
         show(ratio_to_full(full, record, "time.median_ns"), "{:.2f} x"),
         show_bytes(record, "memory.workspace_bytes"),
         show(ratio_to_full(full, record, "memory.workspace_bytes"), "{:.1f} x"),
         show_bytes(record, "memory.heap_peak_bytes"), show_bytes(record, "memory.rss_delta_bytes")}));
  }
  return table;
}

Table error_table(const std::vector<Json>& records, const SeriesNames& names) {
  Table table{"error",
              "Error against float64, and what each variant gives up against exact attention",
              {"backend", "n", "dtype", "input", "max error", "budget", "within", "relative L2",
               "given up (relative L2)"},
              {false, true, false, false, true, true, false, true, true},
              {},
              "Error: against the float64 oracle of the same variant, on 64 query rows of every head, first "
              "and last included. "
              "Budget: twice the error of textbook code in the same precision + 4 eps max|V|. Given up: the "
              "variant's oracle "
              "output against that of softmax over all keys (all past keys where the variant is causal)."};
  for (const Json& record : records)
    if (record.at("status") == "ok")
      table.rows.push_back(with_columns(cell_columns(record, names),
                                        {show(number_at(record, "error.max_abs"), "{:.1e}"),
                                         show(number_at(record, "error.budget_max_abs"), "{:.1e}"),
                                         record.at("error").at("within_budget").get<bool>() ? "yes" : "no",
                                         show(number_at(record, "error.relative_l2"), "{:.1e}"),
                                         show(number_at(record, "deviation.relative_l2"), "{:.3g}")}));
  return table;
}

Table dispersion_table(const std::vector<Json>& records, const SeriesNames& names) {
  Table table{
      "dispersion",
      "Dispersion of the weights, mean over all rows of all heads",
      {"backend", "n", "dtype", "input", "entropy", "of ln n", "participation", "max weight", "sink mass",
       "window mass", "distance", "support"},
      {false, true, false, false, true, true, true, true, true, true, true, true},
      {},
      "Entropy in nats; of ln n: entropy over the logarithm of the row's visible keys; participation: 1 / "
      "sum p^2; sink "
      "mass: first 4 keys; window mass: last 128 keys; distance: mean |i - j|; support: keys with p > 0."};
  for (const Json& record : records) {
    if (record.at("status") != "ok") continue;
    std::vector<std::string> row = cell_columns(record, names);
    for (const std::string_view name : statistic_names)
      row.push_back(show(number_at(record, "dispersion.mean." + std::string(name)), "{:.4g}"));
    table.rows.push_back(row);
  }
  return table;
}

/// Points (n, value) of each series, by dtype and input.
std::map<std::vector<std::string>, std::vector<std::pair<double, double>>> curves(
    const std::vector<Json>& records, const SeriesNames& names, const std::string& path) {
  std::map<std::vector<std::string>, std::vector<std::pair<double, double>>> points;
  for (const Json& record : records)
    if (const auto value = record.at("status") == "ok" ? number_at(record, path) : std::nullopt;
        value && *value > 0)
      points[{names.of(record), record.at("cell").at("dtype"), record.at("input").at("name")}].emplace_back(
          static_cast<double>(seqlen_of(record)), *value);
  return points;
}

Table exponent_table(const std::vector<Json>& records, const SeriesNames& names) {
  Table table{"exponents",
              "Fitted exponents: time and workspace grow as n to this power",
              {"backend", "dtype", "input", "lengths", "time", "workspace"},
              {false, false, false, true, true, true},
              {},
              "Slope of ln y over ln n by least squares over all lengths that ran; three at least."};
  const auto time = curves(records, names, "time.median_ns");
  const auto memory = curves(records, names, "memory.workspace_bytes");
  for (const auto& [key, points] : time) {
    const auto found = memory.find(key);
    std::set<double> lengths;
    for (const auto& [n, value] : points) lengths.insert(n);
    table.rows.push_back({key[0], key[1], key[2], fmt::format("{}", lengths.size()),
                          show(fitted_exponent(points), "{:.2f}"),
                          found == memory.end() ? missing : show(fitted_exponent(found->second), "{:.2f}")});
  }
  return table;
}

Table machine_table(const std::vector<Json>& records) {
  Table table{"machine", "Machine, build and cells", {"", ""}, {false, false}, {}, ""};
  const auto distinct = [&](const std::string& pointer) {
    std::vector<std::string> values;
    for (const Json& record : records) {
      const Json& value = record.at(nlohmann::ordered_json::json_pointer(pointer));
      const std::string text = value.is_string() ? value.get<std::string>()
                               : value.is_null() ? "not known"
                                                 : value.dump();
      if (std::find(values.begin(), values.end(), text) == values.end()) values.push_back(text);
    }
    std::string joined;
    for (const std::string& value : values) joined += (joined.empty() ? "" : "; ") + value;
    return joined;
  };
  for (const auto& [label, pointer] :
       std::vector<std::pair<std::string, std::string>>{{"CPU", "/machine/cpu"},
                                                        {"cores", "/machine/cores"},
                                                        {"row code", "/machine/level"},
                                                        {"oneDNN", "/machine/onednn_version"},
                                                        {"oneDNN level", "/machine/onednn_level"},
                                                        {"path", "/machine/path"},
                                                        {"compiler", "/build/compiler"},
                                                        {"flags", "/build/flags"},
                                                        {"build", "/build/type"},
                                                        {"git revision", "/build/git_revision"},
                                                        {"uncommitted changes", "/build/git_dirty"},
                                                        {"threads", "/cell/threads"},
                                                        {"batch", "/cell/batch"},
                                                        {"heads", "/cell/heads"},
                                                        {"kv heads", "/cell/kv_heads"},
                                                        {"head dim", "/cell/head_dim"},
                                                        {"storage", "/cell/dtype"},
                                                        {"lengths", "/cell/seqlen_q"},
                                                        {"inputs", "/input/name"},
                                                        {"variants", "/variant"}})
    table.rows.push_back({label, distinct(pointer)});
  table.rows.push_back({"started", records.front().at("started_at").get<std::string>()});
  return table;
}

}  // namespace

std::string backend_of(const Json& record) {
  return record.at(record.at("backend").is_null() ? "engine" : "backend").get<std::string>();
}

SeriesNames::SeriesNames(const std::vector<Json>& records) {
  for (const Json& record : records) ++variants_[backend_of(record)][record.at("variant").get<std::string>()];
}

std::string SeriesNames::of(const Json& record) const {
  const std::string backend = backend_of(record);
  return variants_.at(backend).size() == 1
             ? backend
             : fmt::format("{} {}", backend, record.at("variant").get<std::string>());
}

std::string comparison_key(const Json& record) {
  Json cell = record.at("cell");
  for (const char* setting : {"rounds", "min_time_s"}) cell.erase(setting);
  return cell.dump() + record.at("input").at("name").dump() + record.at("machine").at("cpu").dump();
}

bool counts(const Json& record) {
  return record.at("status") == "ok" && record.at("error").at("within_budget").get<bool>();
}

std::optional<double> fitted_exponent(const std::vector<std::pair<double, double>>& points) {
  std::set<double> lengths;
  double x = 0, y = 0, xx = 0, xy = 0;
  for (const auto& [n, value] : points) {
    lengths.insert(n);
    x += std::log(n);
    y += std::log(value);
    xx += std::log(n) * std::log(n);
    xy += std::log(n) * std::log(value);
  }
  if (lengths.size() < 3) return std::nullopt;
  const auto count = static_cast<double>(points.size());
  return (count * xy - x * y) / (count * xx - x * x);
}

std::optional<double> number_at(const Json& record, const std::string& path) {
  const Json* value = &record;
  std::size_t start = 0;
  while (start <= path.size()) {
    const std::size_t end = std::min(path.find('.', start), path.size());
    const std::string key = path.substr(start, end - start);
    if (!value->is_object() || !value->contains(key)) return std::nullopt;
    value = &value->at(key);
    start = end + 1;
  }
  return value->is_number() ? std::optional(value->get<double>()) : std::nullopt;
}

std::vector<Table> make_tables(const std::vector<Json>& records) {
  const SeriesNames names(records);
  return {machine_table(records),      status_table(records, names), exponent_table(records, names),
          speed_table(records, names), error_table(records, names),  dispersion_table(records, names)};
}

std::vector<std::string> make_findings(const std::vector<Json>& records) {
  const SeriesNames names(records);
  std::vector<std::string> findings;
  const auto ok = std::count_if(records.begin(), records.end(),
                                [](const Json& record) { return record.at("status") == "ok"; });
  const auto valid = std::count_if(records.begin(), records.end(), counts);
  findings.push_back(fmt::format("{} of {} cells ran; {} of them are within their error budget.", ok,
                                 records.size(), valid));
  const auto full = full_records(records);
  std::map<std::string, std::pair<std::int64_t, std::string>> best;
  for (const Json& record : records) {
    const auto faster = ratio_to_full(full, record, "time.median_ns");
    const auto smaller = ratio_to_full(full, record, "memory.workspace_bytes");
    if (!faster || !smaller || record.at("backend") == "full" || record.at("cell").at("dtype") != "f32")
      continue;
    auto& [n, sentence] = best[names.of(record)];
    if (seqlen_of(record) < n) continue;
    n = seqlen_of(record);
    sentence =
        fmt::format("{}: {:.1f} times as fast as full and {:.0f} times smaller at n = {} (f32, {}).",
                    names.of(record), *faster, *smaller, n, record.at("input").at("name").get<std::string>());
  }
  for (const auto& [name, finding] : best) findings.push_back(finding.second);
  return findings;
}

}  // namespace attnlab
