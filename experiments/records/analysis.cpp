#include "records/analysis.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <iterator>
#include <set>
#include <tuple>

#include "records/samples.h"
#include "records/series_names.h"

namespace attnlab {

namespace {

/// A part of a condition.
struct Part {
  const char* path;
  Column column;
  bool named = true;     ///< whether a label has the title before the value
  bool is_path = false;  ///< whether the value may be the path of a file
  bool follows = false;  ///< whether it has the value of the part before it unless it was given
};

/// The last says how n_q depends on n_k.
const std::vector<Part>& parts() {
  static const std::vector<Part> list{{"input.name", {"input", "input", false}, false, true},
                                      {"cell.threads", {"threads", "threads"}},
                                      {"cell.batch", {"batch", "batch"}},
                                      {"cell.heads", {"heads", "heads"}},
                                      {"cell.kv_heads", {"kv heads", "kv_heads"}, true, false, true},
                                      {"cell.head_dim", {"head dim", "head_dim"}},
                                      {"cell.head_dim_v", {"head dim of V", "head_dim_v"}, true, false, true},
                                      {"cell.seed", {"seed", "seed"}},
                                      {"cell.score_weights", {"weights", "score_weights", false}, true, true},
                                      {"cell.cu_seqlens", {"packed as", "cu_seqlens", false}, true, true},
                                      {"machine.cpu", {"CPU", "cpu", false}, false},
                                      {"machine.level", {"row code", "level", false}},
                                      {"cell.seqlen_q", {"queries", "seqlen_q"}}};
  return list;
}

/// The parts of the condition of one record.
std::vector<std::string> condition_of(const Json& record) {
  std::vector<std::string> condition;
  for (const Part& part : parts()) condition.push_back(text_at(record, part.path));
  const Json& cell = record.at("cell");
  if (cell.at("seqlen_q") == cell.at("seqlen_k")) condition.back() = "= keys";
  return condition;
}

/// The file name of a path; of an input `npy:DIR/PREFIX`, `npy:PREFIX`. Other values as they are.
std::string without_directory(const std::string& value) {
  const std::size_t slash = value.rfind('/');
  if (slash == std::string::npos) return value;
  return (value.starts_with("npy:") ? "npy:" : "") + value.substr(slash + 1);
}

/// The values of one part of several conditions, paths without directories if they differ without them.
std::vector<std::string> shortened(const std::vector<std::vector<std::string>>& conditions,
                                   std::size_t part) {
  std::set<std::string> whole;
  std::set<std::string> names;
  std::vector<std::string> values;
  for (const auto& condition : conditions) {
    whole.insert(condition[part]);
    values.push_back(parts()[part].is_path ? without_directory(condition[part]) : condition[part]);
    names.insert(values.back());
  }
  if (names.size() == whole.size()) return values;
  for (std::size_t at = 0; at < values.size(); ++at) values[at] = conditions[at][part];
  return values;
}

}  // namespace

std::string backend_of(const Json& record) {
  return record.at(record.at("backend").is_null() ? "engine" : "backend").get<std::string>();
}

std::int64_t seqlen_of(const Json& record) { return record.at("cell").at("seqlen_k").get<std::int64_t>(); }

bool is_exact(const Json& record) {
  return text_at(record, "deviation.exact_variant") == record.at("variant").get<std::string>();
}

Conditions::Conditions(const std::vector<Json>& records) {
  std::vector<std::vector<std::string>> found;
  for (const Json& record : records)
    if (indices_.try_emplace(condition_of(record), found.size()).second)
      found.push_back(condition_of(record));
  labels_.resize(found.size());
  values_.resize(found.size());
  for (std::size_t part = 0; !found.empty() && part < parts().size(); ++part) {
    const auto& [path, column, named, is_path, follows] = parts()[part];
    const std::vector<std::string> values = shortened(found, part);
    if (std::equal(values.begin() + 1, values.end(), values.begin())) continue;
    if (follows && std::all_of(found.begin(), found.end(),
                               [&](const auto& condition) { return condition[part] == condition[part - 1]; }))
      continue;
    columns_.push_back(column);
    for (std::size_t at = 0; at < found.size(); ++at) {
      labels_[at] += (labels_[at].empty() ? "" : ", ") + (named ? column.title + " " : "") + values[at];
      values_[at].push_back(values[at]);
    }
  }
}

std::size_t Conditions::index(const Json& record) const { return indices_.at(condition_of(record)); }

std::vector<Column> Conditions::columns(std::string_view beside) const {
  std::vector<Column> columns;
  std::copy_if(columns_.begin(), columns_.end(), std::back_inserter(columns),
               [&](const Column& column) { return column.name != beside; });
  return columns;
}

std::vector<TableCell> Conditions::values(const Json& record, std::string_view beside) const {
  std::vector<TableCell> cells;
  for (std::size_t at = 0; at < columns_.size(); ++at)
    if (columns_[at].name != beside) cells.emplace_back(values_.at(index(record))[at]);
  return cells;
}

std::string pair_key(const Json& record) {
  Json cell = record.at("cell");
  cell.erase("twin");
  return record.at("engine").dump() + record.at("backend").dump() + record.at("variant").dump() +
         cell.dump() + record.at("input").at("name").dump() + record.value("run", "");
}

bool is_twin(const Json& record) { return record.at("cell").value("twin", false); }

std::string comparison_key(const Json& record) {
  Json cell = record.at("cell");
  for (const char* setting : {"rounds", "min_time_s"}) cell.erase(setting);
  return cell.dump() + record.at("input").at("name").dump() + record.at("machine").at("cpu").dump() +
         text_at(record, "machine.level") + text_at(record, "run");
}

bool counts(const Json& record) {
  const Json* within = value_at(record, "error.within_budget");
  return record.at("status") == "ok" && within && *within == true;
}

std::vector<std::pair<double, double>> Curve::points(const std::string& path) const {
  std::vector<std::pair<double, double>> found;
  const bool is_time = path.starts_with("time.");
  for (const Json* cell : cells)
    if (const auto value = number_at(*cell, path); value && *value > 0 && !(is_time && is_disturbed(*cell)))
      found.emplace_back(static_cast<double>(seqlen_of(*cell)), *value);
  return found;
}

std::vector<Curve> make_curves(const std::vector<Json>& records) {
  const SeriesNames names(records);
  const Conditions conditions(records);
  std::map<std::tuple<std::size_t, bool, std::string, std::size_t>, std::vector<const Json*>> found;
  for (const Json& record : records)
    if (record.at("status") == "ok") {
      const std::string dtype = text_at(record, "cell.dtype");
      found[{conditions.index(record), dtype != "f32", dtype, names.index(record)}].push_back(&record);
    }
  std::vector<Curve> curves;
  for (auto& [key, cells] : found) {
    std::stable_sort(cells.begin(), cells.end(),
                     [](const Json* a, const Json* b) { return seqlen_of(*a) < seqlen_of(*b); });
    curves.push_back({std::get<0>(key), std::get<3>(key), std::get<2>(key), std::move(cells)});
  }
  return curves;
}

bool is_known_well(const Exponent& exponent) {
  return exponent.interval.high - exponent.interval.low <= widest_exponent;
}

std::optional<Exponent> fitted_exponent(const std::vector<std::pair<double, double>>& points) {
  std::set<double> lengths;
  const auto count = static_cast<double>(points.size());
  double mean_x = 0;
  double mean_y = 0;
  for (const auto& [n, value] : points) {
    lengths.insert(n);
    mean_x += std::log(n) / count;
    mean_y += std::log(value) / count;
  }
  if (lengths.size() < 3) return std::nullopt;
  double xx = 0;
  double xy = 0;
  for (const auto& [n, value] : points) {
    xx += (std::log(n) - mean_x) * (std::log(n) - mean_x);
    xy += (std::log(n) - mean_x) * (std::log(value) - mean_y);
  }
  const double slope = xy / xx;
  double left = 0;
  for (const auto& [n, value] : points)
    left += std::pow(std::log(value) - mean_y - slope * (std::log(n) - mean_x), 2);
  const double half =
      boost::math::quantile(boost::math::students_t(count - 2), (1 + bootstrap_confidence) / 2) *
      std::sqrt(left / (count - 2) / xx);
  return Exponent{slope, {slope - half, slope + half}};
}

const Json* value_at(const Json& record, const std::string& path) {
  const Json* value = &record;
  std::size_t start = 0;
  while (start <= path.size()) {
    const std::size_t end = std::min(path.find('.', start), path.size());
    const std::string key = path.substr(start, end - start);
    if (!value->is_object() || !value->contains(key)) return nullptr;
    value = &value->at(key);
    start = end + 1;
  }
  return value;
}

std::optional<double> number_at(const Json& record, const std::string& path) {
  const Json* value = value_at(record, path);
  return value && value->is_number() ? std::optional(value->get<double>()) : std::nullopt;
}

std::string text_at(const Json& record, const std::string& path) {
  const Json* value = value_at(record, path);
  if (!value || value->is_null()) return {};
  return value->is_string() ? value->get<std::string>() : value->dump();
}

}  // namespace attnlab
