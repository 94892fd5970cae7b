#include "records/record_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "attnlab/dispersion/divergence.h"
#include "attnlab/dispersion/row_statistics.h"
#include "records/value_type.h"

namespace attnlab {

namespace {

/// What else is right beside a value of the type.
struct May {
  bool be_null = false;
  bool lack = false;
};

/// Collects violations; `where` is the path of an object, with / between keys.
class Check {
 public:
  explicit Check(std::vector<std::string>& found) : found_(found) {}

  void fail(const std::string& where, const Json& value, std::string_view right) {
    std::string shown = value.dump();
    if (shown.size() > 40) shown = shown.substr(0, 37) + "...";
    found_.push_back(fmt::format("'{}' is {}; {}", where, shown, right));
  }

  void key(const std::string& where, const Json& object, const char* name, Type type, May may = {}) {
    const auto value = object.find(name);
    if (value == object.end()) {
      if (!may.lack) found_.push_back(fmt::format("'{}/{}' is missing; {}", where, name, name_of(type)));
    } else if (!has_type(*value, type) && !(may.be_null && value->is_null())) {
      fail(fmt::format("{}/{}", where, name), *value,
           fmt::format("{}{}", name_of(type), may.be_null ? " or null" : ""));
    }
  }

  void number_or_null(const std::string& where, const Json& value) {
    if (!value.is_number() && !value.is_null()) fail(where, value, "a number or null");
  }
  /// A list of numbers and nulls, of `size` entries if that is given.
  void numbers_or_nulls(const std::string& where, const Json& value, std::optional<std::size_t> size) {
    const bool right = value.is_array() && (!size || value.size() == *size) &&
                       std::all_of(value.begin(), value.end(),
                                   [](const Json& item) { return item.is_number() || item.is_null(); });
    if (!right)
      fail(where, value, fmt::format("a list of {}numbers or null", size ? fmt::format("{} ", *size) : ""));
  }

 private:
  std::vector<std::string>& found_;
};

void check_samples(const Json& time, Check& check, std::vector<std::string>& found) {
  const std::size_t count = time.at("samples_ns").size();
  if (count == 0) found.emplace_back("'time/samples_ns' is empty");
  for (const char* list : {"iterations", "blocks"})
    if (time.at(list).is_array() && time.at(list).size() != count)
      found.push_back(fmt::format("'time/{}' has {} entries; as many as 'time/samples_ns', {}", list,
                                  time.at(list).size(), count));
  if (!time.at("samples").is_array()) return;
  std::int64_t contaminated = 0;
  for (std::size_t at = 0; at < time.at("samples").size(); ++at) {
    const Json& sample = time.at("samples")[at];
    const std::string where = fmt::format("time/samples/{}", at);
    for (const char* name : {"block", "iterations", "involuntary_switches", "major_faults"})
      check.key(where, sample, name, Type::whole);
    for (const char* name : {"ns", "cpu_ns", "calibration_before_ns", "calibration_after_ns"})
      check.key(where, sample, name, Type::number);
    check.key(where, sample, "steal_ns", Type::number, {.be_null = true});
    check.key(where, sample, "waited_ns", Type::number, {.be_null = true, .lack = true});
    check.key(where, sample, "throttled_periods", Type::whole, {.be_null = true, .lack = true});
    check.key(where, sample, "wall_ns", Type::number, {.lack = true});
    check.key(where, sample, "contaminated", Type::texts);
    contaminated += sample.contains("contaminated") && !sample.at("contaminated").empty();
  }
  if (time.at("contaminated") != contaminated)
    found.push_back(fmt::format("'time/contaminated' is {}; {}, by 'time/samples'",
                                time.at("contaminated").dump(), contaminated));
}

void check_worst_row(const Json& worst, Check& check) {
  if (worst.is_null()) return;
  check.key("error/worst", worst, "ratio", Type::number, {.be_null = true});
  for (const char* name : {"error_l2", "budget_l2"})
    check.key("error/worst", worst, name, Type::number, {.be_null = true});
  for (const char* name : {"batch", "head", "query"}) check.key("error/worst", worst, name, Type::whole);
}

/// `whole`/mean and `whole`/per_head: a number and a list by head for each name. `names`: those that must be
/// there.
void check_means(const std::string& whole, const Json& object, std::span<const std::string_view> names,
                 std::size_t heads, Check& check) {
  for (const char* part : {"mean", "per_head"}) {
    const Json& values = object.at(part);
    const std::string where = whole + "/" + part;
    for (const std::string_view name : names)
      if (!values.contains(name)) check.fail(where, values, fmt::format("an object with '{}'", name));
    for (const auto& [name, value] : values.items())
      if (part == std::string_view("mean"))
        check.number_or_null(where + "/" + name, value);
      else
        check.numbers_or_nulls(where + "/" + name, value, heads);
  }
}

void check_dispersion(const Json& dispersion, std::size_t heads, Check& check) {
  if (dispersion.is_null()) return;
  // The first records of the schema had eight statistics, later ones have all.
  const std::span names(statistic_names);
  const auto has_later = [&](const char* part) {
    return std::any_of(names.begin() + 8, names.end(),
                       [&](std::string_view name) { return dispersion.at(part).contains(name); });
  };
  check_means("dispersion", dispersion, has_later("mean") || has_later("per_head") ? names : names.first(8),
              heads, check);
  for (const auto& [name, value] : dispersion.at("quantiles").items())
    check.numbers_or_nulls("dispersion/quantiles/" + name, value, 5);
  const auto mass = dispersion.find("distance_mass");
  if (mass == dispersion.end()) return;
  if (!mass->contains("mean") || !mass->contains("per_head") || !mass->at("per_head").is_array() ||
      mass->at("per_head").size() != heads)
    return check.fail("dispersion/distance_mass", *mass,
                      "an object with 'mean' and a 'per_head' of each head");
  check.numbers_or_nulls("dispersion/distance_mass/mean", mass->at("mean"), std::nullopt);
  for (const Json& head : mass->at("per_head"))
    check.numbers_or_nulls("dispersion/distance_mass/per_head", head, mass->at("mean").size());
}

void check_heatmap(const Json& map, Check& check) {
  if (map.is_null()) return;
  for (const char* name : {"n", "bins", "head"}) check.key("heatmap", map, name, Type::whole);
  check.key("heatmap", map, "rows_per_bin", Type::number);
  if (!map.contains("bins") || !has_type(map.at("bins"), Type::whole)) return;
  const auto bins = static_cast<std::size_t>(std::max<std::int64_t>(0, map.at("bins").get<std::int64_t>()));
  if (bins == 0) check.fail("heatmap/bins", map.at("bins"), "a number of at least 1");
  const auto of_both = [&](const char* part, const Json& object, const auto& check_list) {
    for (const char* name : {"variant", "exact"}) {
      const std::string where = fmt::format("{}/{}", part, name);
      const auto list = object.is_object() ? object.find(name) : object.end();
      if (!object.is_object() || list == object.end() || !list->is_array() || list->size() != bins)
        check.fail(where, list == object.end() ? Json() : *list, fmt::format("a list of {} entries", bins));
      else
        check_list(where, *list);
    }
  };
  of_both("heatmap", map, [&](const std::string& where, const Json& rows) {
    for (const Json& row : rows) check.numbers_or_nulls(where, row, bins);
  });
  for (const char* name : {"entropy", "mean_distance"})
    of_both(fmt::format("heatmap/{}", name).c_str(), map.contains(name) ? map.at(name) : Json(),
            [&](const std::string& where, const Json& list) { check.numbers_or_nulls(where, list, bins); });
}

}  // namespace

void check_sizes(const Json& cell, std::vector<std::string>& found) {
  constexpr std::int64_t largest = std::int64_t{1} << 31;  // products of two sizes are whole numbers
  for (const char* size :
       {"batch", "heads", "kv_heads", "seqlen_q", "seqlen_k", "head_dim", "head_dim_v", "threads"}) {
    const Json& value = cell.at(size);
    if (value < 1 || value > largest)
      found.push_back(fmt::format("'cell/{}' is {}; from 1 to {}", size, value.dump(), largest));
  }
}

void check_parts(const Json& record, std::vector<std::string>& found) {
  Check check(found);
  const Json& cell = record.at("cell");
  const auto heads =
      static_cast<std::size_t>(cell.at("batch").get<std::int64_t>() * cell.at("heads").get<std::int64_t>());
  check_samples(record.at("time"), check, found);
  check_worst_row(record.at("error").at("worst"), check);
  check_dispersion(record.at("dispersion"), heads, check);
  if (const auto against = record.find("against"); against != record.end() && against->is_object()) {
    std::vector<std::string_view> names;
    for (const StatisticInfo& info : divergence_infos) names.push_back(info.name);
    check_means("against", *against, names, heads, check);
  }
  check_heatmap(record.at("heatmap"), check);
}

}  // namespace attnlab
