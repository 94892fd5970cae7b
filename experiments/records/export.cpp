#include "records/export.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>

#include "attnlab/core/argument_error.h"
#include "records/analysis.h"
#include "records/formats.h"
#include "records/load.h"
#include "records/whole_file.h"

namespace attnlab {

namespace {

void visit_values(const Json& value, const std::string& path,
                  const std::function<void(const std::string&, const Json&)>& visit) {
  if (value.is_array() || path == "heatmap") return;
  if (!value.is_object()) return visit(path, value);
  for (const auto& [key, below] : value.items())
    visit_values(below, path.empty() ? key : path + "." + key, visit);
}

std::string to_csv(const FlatRecords& flat) {
  const auto text_of = [](const Json& value) {
    return value.is_null() ? std::string()
                           : escape_csv(value.is_string() ? value.get<std::string>() : value.dump());
  };
  std::string text = fmt::format("{}\r\n", fmt::join(flat.columns, ","));
  for (const std::vector<Json>& row : flat.rows) {
    std::vector<std::string> cells;
    std::transform(row.begin(), row.end(), std::back_inserter(cells), text_of);
    text += fmt::format("{}\r\n", fmt::join(cells, ","));
  }
  return text;
}

std::string to_json_lines(const FlatRecords& flat) {
  std::string text;
  for (const std::vector<Json>& row : flat.rows) {
    Json line;
    for (std::size_t column = 0; column < row.size(); ++column) line[flat.columns[column]] = row[column];
    text += line.dump() + "\n";
  }
  return text;
}

/// CPU time of one iteration of a sample, or its wall time if CPU time was not recorded.
double cpu_time(const Json& time, std::size_t at) {
  if (time.contains("samples") && time.at("samples").is_array())
    for (const Json& sample : time.at("samples"))
      if (sample.at("block") == time.at("blocks")[at] && sample.at("ns") == time.at("samples_ns")[at])
        return sample.at("cpu_ns").get<double>() / sample.at("iterations").get<double>();
  return time.at("samples_ns")[at];
}

/// A name that no other cell has. Sizes that follow from others unless they are given are named where they
/// differ, so that a cell has the same name in every run.
std::string benchmark_name(const Json& record) {
  const Json& cell = record.at("cell");
  std::string name = fmt::format(
      "{} {}/n:{}{}/heads:{}/head_dim:{}/{}/{}/threads:{}", backend_of(record), text_at(record, "variant"),
      text_at(record, "cell.seqlen_q"),
      cell.at("seqlen_q") == cell.at("seqlen_k") ? "" : "x" + text_at(record, "cell.seqlen_k"),
      text_at(record, "cell.heads"), text_at(record, "cell.head_dim"), text_at(record, "cell.dtype"),
      text_at(record, "input.name"), text_at(record, "cell.threads"));
  const Json usual{{"batch", 1}, {"kv_heads", cell.at("heads")}, {"head_dim_v", cell.at("head_dim")},
                   {"seed", 1},  {"score_weights", ""},          {"cu_seqlens", ""}};
  for (const auto& [key, value] : usual.items())
    if (cell.value(key, value) != value) name += fmt::format("/{}:{}", key, text_at(cell, key));
  return name;
}

}  // namespace

FlatRecords flatten(const std::vector<Json>& records) {
  FlatRecords flat;
  std::map<std::string, std::size_t> places;
  for (const Json& record : records) {
    std::vector<Json>& row = flat.rows.emplace_back(flat.columns.size());
    visit_values(record, "", [&](const std::string& path, const Json& value) {
      const auto [place, is_new] = places.emplace(path, flat.columns.size());
      if (is_new) {
        flat.columns.push_back(path);
        row.emplace_back();
      }
      row[place->second] = value;
    });
  }
  // An object that is null in some records is not a column, since its members are.
  std::vector<bool> kept;
  for (const std::string& column : flat.columns)
    kept.push_back(std::none_of(flat.columns.begin(), flat.columns.end(),
                                [&](const std::string& other) { return other.starts_with(column + "."); }));
  const auto keep = [&](auto& list) {
    std::size_t next = 0;
    for (std::size_t at = 0; at < list.size(); ++at)
      if (kept[at]) std::swap(list[next++], list[at]);
    list.resize(next);
  };
  for (std::vector<Json>& row : flat.rows) {
    row.resize(flat.columns.size());
    keep(row);
  }
  keep(flat.columns);
  return flat;
}

Json to_google_benchmark(const std::vector<Json>& records) {
  const Json& first = records.front();
  Json json{{"context",
             {{"date", first.at("started_at")},
              {"executable", "attnlab"},
              {"num_cpus", first.at("machine").at("cores")},
              {"cpu_model", first.at("machine").at("cpu")},
              {"library_build_type", first.at("build").at("type") == "Release" ? "release" : "debug"}}},
            {"benchmarks", Json::array()}};
  std::int64_t family = 0;
  for (const Json& record : records) {
    if (record.at("status") != "ok") continue;
    const Json& cell = record.at("cell");
    const Json& time = record.at("time");
    const std::string name = benchmark_name(record);
    for (std::size_t at = 0; at < time.at("samples_ns").size(); ++at)
      json["benchmarks"].push_back({{"name", name},
                                    {"family_index", family},
                                    {"per_family_instance_index", 0},
                                    {"run_name", name},
                                    {"run_type", "iteration"},
                                    {"repetitions", time.at("samples_ns").size()},
                                    {"repetition_index", at},
                                    {"threads", cell.at("threads")},
                                    {"iterations", time.at("iterations")[at]},
                                    {"real_time", time.at("samples_ns")[at]},
                                    {"cpu_time", cpu_time(time, at)},
                                    {"time_unit", "ns"}});
    ++family;
  }
  return json;
}

std::vector<std::string> export_formats() { return {"csv", "jsonl", "gbench"}; }

int export_command(const Settings& settings) {
  const std::string format = settings.choice("format", export_formats());
  const RunRecords run = load_run(settings.required_argument("the directory of a sweep"), "export");
  const std::string text = format == "csv"     ? to_csv(flatten(run.cells))
                           : format == "jsonl" ? to_json_lines(flatten(run.cells))
                                               : to_google_benchmark(run.cells).dump(2) + "\n";
  if (!settings.has("out")) {
    fmt::print("{}", text);
    return 0;
  }
  write_whole("out", settings.text("out"), text);
  return 0;
}

}  // namespace attnlab
