#include "records/analysis.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <set>
#include <tuple>

namespace attnlab {

namespace {

/// A part of a condition, as it appears in a label.
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

/// The parts of the condition of one record; the last says how n_q depends on n_k.
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
  return text_at(record, "deviation.exact_variant") == record.at("variant").get<std::string>();
}

SeriesNames::SeriesNames(const std::vector<Json>& records) {
  for (const Json& record : records) ++variants_[backend_of(record)][record.at("variant").get<std::string>()];
  for (const Json& record : records)
    if (const std::string name = of(record); indices_.try_emplace(name, order_.size()).second)
      order_.push_back(name);
}

std::string SeriesNames::of(const Json& record) const {
  const std::string run = text_at(record, "run");
  std::string name = (run.empty() ? "" : run + " ") + backend_of(record);
  if (variants_.at(backend_of(record)).size() > 1) name += " " + record.at("variant").get<std::string>();
  return name;
}

std::size_t SeriesNames::index(const Json& record) const { return indices_.at(of(record)); }

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

Baseline::Baseline(const std::vector<Json>& records, const std::string& backend) : backend_(backend) {
  for (const Json& record : records)
    if (record.at("backend") == backend)
      cells_[comparison_key(record)][record.at("variant").get<std::string>()] = &record;
}

std::pair<const Json*, std::string> Baseline::cell_for(const Json& record) const {
  if (!counts(record)) return {nullptr, "outside its error budget"};
  const auto cell = cells_.find(comparison_key(record));
  if (cell == cells_.end())
    return {nullptr, fmt::format("no cell of {} with this n, dtype, shape, threads and input", backend_)};
  auto base = cell->second.find(record.at("variant").get<std::string>());
  if (base == cell->second.end()) base = cell->second.find(text_at(record, "deviation.exact_variant"));
  if (base == cell->second.end())
    return {nullptr, fmt::format("{} ran here with other variants only", backend_)};
  const Json& found = *base->second;
  if (found.at("status") != "ok")
    return {nullptr,
            fmt::format("{} has no figures here: {}", backend_, found.at("status").get<std::string>())};
  if (!counts(found)) return {nullptr, fmt::format("{} is outside its error budget here", backend_)};
  return {&found, ""};
}

Ratio Baseline::ratio(const Json& record, const std::string& path) const {
  const auto [base, why] = cell_for(record);
  if (!base) return {std::nullopt, why};
  const auto above = number_at(*base, path);
  const auto below = number_at(record, path);
  if (!above || !below || !(*below > 0)) return {std::nullopt, "not measured"};
  return {*above / *below, ""};
}

std::vector<std::pair<double, double>> Curve::points(const std::string& path) const {
  std::vector<std::pair<double, double>> found;
  for (const Json* cell : cells)
    if (const auto value = number_at(*cell, path); value && *value > 0)
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
