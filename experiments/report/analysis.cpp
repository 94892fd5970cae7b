#include "report/analysis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace attnlab {

namespace {

const Json* find(const Json& record, const std::string& path) {
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

/// A part of a condition, as a label says it.
struct Part {
  const char* path;
  const char* format;
};
constexpr Part parts[]{{"input.name", "{}"},
                       {"cell.threads", "threads {}"},
                       {"cell.batch", "batch {}"},
                       {"cell.heads", "heads {}"},
                       {"cell.kv_heads", "kv heads {}"},
                       {"cell.head_dim", "head dim {}"},
                       {"cell.head_dim_v", "head dim of V {}"},
                       {"cell.seed", "seed {}"},
                       {"cell.score_weights", "weights {}"},
                       {"cell.cu_seqlens", "packed as {}"},
                       {"machine.cpu", "{}"},
                       {"machine.level", "row code {}"}};

/// The parts of one record's condition; the last says how n_q goes with n_k.
std::vector<std::string> condition_of(const Json& record) {
  std::vector<std::string> condition;
  for (const Part& part : parts)
    condition.push_back(fmt::format(fmt::runtime(part.format), text_at(record, part.path)));
  const Json& cell = record.at("cell");
  condition.push_back(cell.at("seqlen_q") == cell.at("seqlen_k")
                          ? "queries = keys"
                          : fmt::format("{} queries", cell.at("seqlen_q").dump()));
  return condition;
}

}  // namespace

std::string backend_of(const Json& record) {
  return record.at(record.at("backend").is_null() ? "engine" : "backend").get<std::string>();
}

std::int64_t seqlen_of(const Json& record) { return record.at("cell").at("seqlen_k").get<std::int64_t>(); }

bool is_exact(const Json& record) {
  return text_at(record, "deviation.exact_variant") == record.at("variant");
}

SeriesNames::SeriesNames(const std::vector<Json>& records) {
  for (const Json& record : records) ++variants_[backend_of(record)][record.at("variant").get<std::string>()];
  for (const Json& record : records)
    if (const std::string name = of(record); std::find(order_.begin(), order_.end(), name) == order_.end())
      order_.push_back(name);
}

std::string SeriesNames::of(const Json& record) const {
  const std::string backend = backend_of(record);
  return variants_.at(backend).size() == 1
             ? backend
             : fmt::format("{} {}", backend, record.at("variant").get<std::string>());
}

std::size_t SeriesNames::index(const Json& record) const {
  return static_cast<std::size_t>(std::find(order_.begin(), order_.end(), of(record)) - order_.begin());
}

Conditions::Conditions(const std::vector<Json>& records) {
  std::vector<std::vector<std::string>> found;
  for (const Json& record : records)
    if (indices_.try_emplace(condition_of(record), found.size()).second)
      found.push_back(condition_of(record));
  for (const auto& condition : found) {
    std::string label;
    for (std::size_t part = 0; part < condition.size(); ++part)
      if (std::any_of(found.begin(), found.end(),
                      [&](const auto& other) { return other[part] != condition[part]; }))
        label += (label.empty() ? "" : ", ") + condition[part];
    labels_.push_back(label);
  }
}

std::size_t Conditions::index(const Json& record) const { return indices_.at(condition_of(record)); }

std::string comparison_key(const Json& record) {
  Json cell = record.at("cell");
  for (const char* setting : {"rounds", "min_time_s"}) cell.erase(setting);
  return cell.dump() + record.at("input").at("name").dump() + record.at("machine").at("cpu").dump() +
         text_at(record, "machine.level");
}

bool counts(const Json& record) {
  const Json* within = find(record, "error.within_budget");
  return record.at("status") == "ok" && within && *within == true;
}

FullBaseline::FullBaseline(const std::vector<Json>& records) {
  for (const Json& record : records)
    if (record.at("backend") == "full")
      cells_[comparison_key(record)][record.at("variant").get<std::string>()] = &record;
}

Ratio FullBaseline::ratio(const Json& record, const std::string& path) const {
  if (!counts(record)) return {std::nullopt, "outside its error budget"};
  const auto cell = cells_.find(comparison_key(record));
  if (cell == cells_.end())
    return {std::nullopt, "no cell of full with this n, dtype, shape, threads and input"};
  auto base = cell->second.find(record.at("variant").get<std::string>());
  if (base == cell->second.end()) base = cell->second.find(text_at(record, "deviation.exact_variant"));
  if (base == cell->second.end()) return {std::nullopt, "full ran here with other variants only"};
  const Json& full = *base->second;
  if (full.at("status") != "ok")
    return {std::nullopt, fmt::format("full has no figures here: {}", full.at("status").get<std::string>())};
  if (!counts(full)) return {std::nullopt, "full is outside its error budget here"};
  const auto above = number_at(full, path);
  const auto below = number_at(record, path);
  if (!above || !below || !(*below > 0)) return {std::nullopt, "not measured"};
  return {*above / *below, ""};
}

std::optional<double> fitted_exponent(const std::vector<std::pair<double, double>>& points) {
  std::set<double> lengths;
  double mean_x = 0;
  double mean_y = 0;
  for (const auto& [n, value] : points) {
    lengths.insert(n);
    mean_x += std::log(n) / static_cast<double>(points.size());
    mean_y += std::log(value) / static_cast<double>(points.size());
  }
  if (lengths.size() < 3) return std::nullopt;
  double xx = 0;
  double xy = 0;
  for (const auto& [n, value] : points) {
    xx += (std::log(n) - mean_x) * (std::log(n) - mean_x);
    xy += (std::log(n) - mean_x) * (std::log(value) - mean_y);
  }
  return xy / xx;
}

std::optional<double> number_at(const Json& record, const std::string& path) {
  const Json* value = find(record, path);
  return value && value->is_number() ? std::optional(value->get<double>()) : std::nullopt;
}

std::string text_at(const Json& record, const std::string& path) {
  const Json* value = find(record, path);
  if (!value || value->is_null()) return {};
  return value->is_string() ? value->get<std::string>() : value->dump();
}

}  // namespace attnlab
