#include "records/series_names.h"

#include <algorithm>
#include <functional>
#include <set>
#include <string_view>

#include "attnlab/variants/arguments.h"
#include "records/analysis.h"

namespace attnlab {

namespace {

using Parts = std::vector<std::string>;

Parts parts_of(const std::string& variant) {
  Parts parts;
  for (const std::string_view part : split_outside_parentheses(variant, '|')) parts.emplace_back(part);
  return parts;
}

/// The kept parts of every variant, joined by |; empty if two of them are equal.
std::map<std::string, std::string> names_by(const std::set<std::string>& variants,
                                            const std::function<bool(const Parts&, std::size_t)>& keep) {
  std::map<std::string, std::string> names;
  std::set<std::string> distinct;
  for (const std::string& variant : variants) {
    const Parts parts = parts_of(variant);
    std::string name;
    for (std::size_t at = 0; at < parts.size(); ++at)
      if (keep(parts, at)) name += (name.empty() ? "" : "|") + parts[at];
    if (!distinct.insert(name).second) return {};
    names[variant] = name;
  }
  return names;
}

}  // namespace

Series series_of(const Json& record) {
  return {text_at(record, "run"), backend_of(record), record.at("variant").get<std::string>()};
}

SeriesNames::SeriesNames(const std::vector<Json>& records)
    : SeriesNames([&] {
        std::vector<Series> series;
        for (const Json& record : records) series.push_back(series_of(record));
        return series;
      }()) {}

SeriesNames::SeriesNames(const std::vector<Series>& series) {
  std::set<std::string> variants;
  std::map<std::string, std::set<std::string>> of_backend;
  for (const Series& one : series) {
    variants.insert(one.variant);
    of_backend[one.backend].insert(one.variant);
  }
  for (const auto& [backend, own] : of_backend) variants_of_[backend] = own.size();

  Parts shared = variants.empty() ? Parts{} : parts_of(*variants.begin());
  for (const std::string& variant : variants) {
    const Parts parts = parts_of(variant);
    std::erase_if(shared, [&](const std::string& part) {
      return std::find(parts.begin(), parts.end(), part) == parts.end();
    });
  }
  const auto is_shared = [&](const std::string& part) {
    return std::find(shared.begin(), shared.end(), part) != shared.end();
  };
  const auto is_last = [](const Parts& parts, std::size_t at) { return at + 1 == parts.size(); };
  std::map<std::string, std::string> names = names_by(variants, is_last);
  if (names.empty())
    names = names_by(variants, [&](const Parts& parts, std::size_t at) {
      return is_last(parts, at) || !is_shared(parts[at]);
    });
  if (names.empty()) names = names_by(variants, [](const Parts&, std::size_t) { return true; });
  short_.insert(names.begin(), names.end());

  if (variants_of_.size() == 1 && variants.size() > 1) common_ = variants_of_.begin()->first;
  for (const std::string& part : shared)
    if (variants.size() == 1 || std::any_of(names.begin(), names.end(), [&](const auto& name) {
          const Parts parts = parts_of(name.second);
          return std::find(parts.begin(), parts.end(), part) == parts.end();
        }))
      common_ += (common_.empty() ? "" : ", ") + part;

  for (const Series& one : series)
    if (const std::string name = of(one); indices_.try_emplace(name, order_.size()).second)
      order_.push_back(name);
}

std::string SeriesNames::of(const Series& series) const {
  std::string name = series.run;
  const auto add = [&](const std::string& part) { name += (name.empty() ? "" : " ") + part; };
  const bool several = variants_of_.at(series.backend) > 1;
  if (variants_of_.size() > 1 || !several) add(series.backend);
  if (several) add(short_.at(series.variant));
  return name;
}

bool is_called(const Series& series, const std::string& text, const SeriesNames& names) {
  return text == series.backend || text == series.variant || text == series.backend + " " + series.variant ||
         text == names.of(series) || text == names.of_variant(series.variant);
}

std::vector<std::string> callable_names(const std::vector<Json>& records) {
  const SeriesNames names(records);
  std::set<std::string> found(names.all().begin(), names.all().end());
  for (const Json& record : records) {
    const Series series = series_of(record);
    found.insert({series.backend, series.variant, names.of_variant(series.variant)});
  }
  return {found.begin(), found.end()};
}

}  // namespace attnlab
