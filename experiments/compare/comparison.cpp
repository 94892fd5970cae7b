#include "compare/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "attnlab/core/argument_error.h"
#include "records/analysis.h"
#include "records/series_names.h"

namespace attnlab {

namespace {

/// Which of the files that both cells read had another content; empty if none had.
std::string changed_input(const Json& a, const Json& b) {
  std::vector<std::pair<const char*, const char*>> contents{
      {"checksum", "Q, K and V"}, {"cu_seqlens_checksum", "starts of packed sequences"}};
  // Two variants may have different learned weights.
  if (a.at("variant") == b.at("variant")) contents.emplace_back("score_weights_checksum", "learned weights");
  for (const auto& [key, what] : contents) {
    const Json of_a = a.at("input").value(key, Json());
    const Json of_b = b.at("input").value(key, Json());
    if (of_a == of_b) continue;
    return fmt::format("{} differ{}", what,
                       of_a.is_null() || of_b.is_null() ? ", or one run did not record them" : "");
  }
  return {};
}

using Places = std::map<std::string, const Json*>;

/// Orders cells by n, dtype, the order in which the series appear in `records`, and their own.
void sort_cells(Comparison& comparison, const std::vector<Json>& records) {
  std::map<std::pair<std::string, std::string>, std::size_t> first;
  std::map<std::string, std::size_t> places;
  for (const Json& record : records) {
    first.try_emplace({backend_of(record), record.at("variant")}, first.size());
    places.try_emplace(record.at("id"), places.size());
  }
  const auto place_of = [&](const Json& record) {
    const auto found = first.find({backend_of(record), record.at("variant")});
    const auto own = places.find(text_at(record, "id"));
    return std::make_tuple(seqlen_of(record), text_at(record, "cell.dtype"),
                           found == first.end() ? first.size() : found->second, backend_of(record),
                           text_at(record, "variant"), own == places.end() ? places.size() : own->second);
  };
  std::stable_sort(comparison.pairs.begin(), comparison.pairs.end(),
                   [&](const Pair& x, const Pair& y) { return place_of(x.a) < place_of(y.a); });
  std::stable_sort(
      comparison.unpaired.begin(), comparison.unpaired.end(),
      [&](const Unpaired& x, const Unpaired& y) { return place_of(x.record) < place_of(y.record); });
}

/// Compares every record of `a` with the record of `b` at the same place.
Comparison match(const Places& a, const Places& b, double floor) {
  Comparison comparison{floor, {}, {}};
  const auto figures = [](const Json& record) {
    return record.at("status") == "ok" ? std::string(counts(record) ? "" : "outside its error budget")
                                       : record.at("status").get<std::string>();
  };
  for (const auto& [place, record] : a) {
    const auto other = b.find(place);
    if (other == b.end()) {
      comparison.unpaired.push_back({*record, "only in A", false});
      continue;
    }
    const std::string of_a = figures(*record);
    const std::string of_b = figures(*other->second);
    if (!of_a.empty() || !of_b.empty())
      comparison.unpaired.push_back(
          {*record, fmt::format("A: {}, B: {}", of_a.empty() ? "ok" : of_a, of_b.empty() ? "ok" : of_b),
           of_a.empty()});
    else if (const std::string changed = changed_input(*record, *other->second); !changed.empty())
      comparison.unpaired.push_back({*record, changed, false});
    else
      comparison.pairs.push_back({*record, *other->second, compare_times(*record, *other->second, floor)});
  }
  for (const auto& [place, record] : b)
    if (!a.contains(place)) comparison.unpaired.push_back({*record, "only in B", false});
  return comparison;
}

std::set<std::string> machines(const std::vector<Json>& records) {
  std::set<std::string> names;
  for (const Json& record : records)
    names.insert(fmt::format("{} ({})", text_at(record, "machine.cpu"), text_at(record, "machine.level")));
  return names;
}

Places places_of(const std::vector<Json>& records, const std::string& series) {
  Places places;
  const SeriesNames names(records);
  for (const Json& record : records) {
    if (!is_called(series_of(record), series, names)) continue;
    const auto [place, is_new] = places.emplace(comparison_key(record), &record);
    if (!is_new)
      throw ArgumentError(
          "between", series,
          fmt::format("'{0} {1}' and '{0} {2}' have the same n, dtype and input", backend_of(record),
                      text_at(*place->second, "variant"), text_at(record, "variant")),
          "a series with one record for each n, dtype and input");
  }
  if (places.empty()) throw unknown_name("between", series, series, callable_names(records));
  return places;
}

}  // namespace

std::int64_t Comparison::count(Verdict verdict) const {
  return std::count_if(pairs.begin(), pairs.end(),
                       [&](const Pair& pair) { return pair.time.verdict == verdict; });
}

Comparison compare_runs(const std::vector<Json>& a, const std::vector<Json>& b, double floor, bool force) {
  std::set<std::string> both = machines(a);
  both.merge(machines(b));
  if (both.size() > 1 && !force)
    throw ArgumentError("compare", fmt::format("{}", fmt::join(both, " and ")),
                        "the runs come from different CPUs or levels",
                        "runs of one CPU and level, or --force");
  const auto places = [](const std::vector<Json>& records) {
    Places found;
    for (const Json& record : records) found.emplace(record.at("id").get<std::string>(), &record);
    return found;
  };
  Comparison comparison = match(places(a), places(b), floor);
  sort_cells(comparison, a);
  return comparison;
}

Comparison compare_series(const std::vector<Json>& records, const std::string& a, const std::string& b,
                          double floor) {
  Comparison comparison = match(places_of(records, a), places_of(records, b), floor);
  sort_cells(comparison, records);
  return comparison;
}

}  // namespace attnlab
