#include "compare/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <tuple>

#include "attnlab/core/argument_error.h"
#include "attnlab/measure/sampler.h"
#include "cell/rounds.h"
#include "records/analysis.h"

namespace attnlab {

namespace {

/// Samples with block, time and reasons of contamination.
std::vector<RoundSample> samples_of(const Json& record) {
  std::vector<RoundSample> samples;
  const Json& time = record.at("time");
  if (time.contains("samples") && !time.at("samples").empty()) {
    for (const Json& from : time.at("samples")) {
      RoundSample& sample = samples.emplace_back();
      sample.block = from.at("block");
      sample.time_ns = from.at("ns");
      sample.contaminated = from.at("contaminated").get<std::vector<std::string>>();
    }
  } else if (time.contains("blocks")) {
    for (std::size_t at = 0; at < time.at("blocks").size(); ++at) {
      RoundSample& sample = samples.emplace_back();
      sample.block = time.at("blocks")[at];
      sample.time_ns = time.at("samples_ns")[at];
    }
  }
  return samples;
}

/// Ratios b / a of samples of the same group and block. They were taken in turn, so that a disturbance
/// reaches both. Blocks that are clean on both sides are used alone if there are enough of them.
std::vector<double> paired_ratios(const Json& a, const Json& b) {
  std::vector<double> all;
  std::vector<double> clean;
  if (!a.value("group", Json()).is_string() || a.at("group") != b.at("group")) return all;
  const std::vector<RoundSample> samples = samples_of(a);
  const std::vector<RoundSample> other_samples = samples_of(b);
  const std::vector<const RoundSample*> others = one_of_each_block(other_samples);
  auto other = others.begin();
  for (const RoundSample* sample : one_of_each_block(samples)) {
    while (other != others.end() && (*other)->block < sample->block) ++other;
    if (other == others.end() || (*other)->block != sample->block) continue;
    all.push_back((*other)->time_ns / sample->time_ns);
    if (sample->contaminated.empty() && (*other)->contaminated.empty()) clean.push_back(all.back());
  }
  return clean.size() >= fewest_rounds ? clean : all;
}

Pair make_pair(const Json& a, const Json& b, double floor) {
  const TimeRatio ratio = compare_times(a, b, floor);
  return {a, b, ratio.value, ratio.interval, ratio.verdict};
}

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
      comparison.pairs.push_back(make_pair(*record, *other->second, floor));
  }
  for (const auto& [place, record] : b)
    if (!a.contains(place)) comparison.unpaired.push_back({*record, "only in B", false});
  const auto place_of = [](const Json& record) {
    return std::make_tuple(seqlen_of(record), text_at(record, "cell.dtype"), backend_of(record),
                           text_at(record, "variant"));
  };
  std::stable_sort(comparison.pairs.begin(), comparison.pairs.end(),
                   [&](const Pair& x, const Pair& y) { return place_of(x.a) < place_of(y.a); });
  std::stable_sort(
      comparison.unpaired.begin(), comparison.unpaired.end(),
      [&](const Unpaired& x, const Unpaired& y) { return place_of(x.record) < place_of(y.record); });
  return comparison;
}

std::set<std::string> machines(const std::vector<Json>& records) {
  std::set<std::string> names;
  for (const Json& record : records)
    names.insert(fmt::format("{} ({})", text_at(record, "machine.cpu"), text_at(record, "machine.level")));
  return names;
}

bool is_of(const Json& record, const std::string& series) {
  const std::string variant = record.at("variant");
  return series == backend_of(record) || series == variant || series == backend_of(record) + " " + variant;
}

Places places_of(const std::vector<Json>& records, const std::string& series) {
  Places places;
  for (const Json& record : records) {
    if (!is_of(record, series)) continue;
    const auto [place, is_new] = places.emplace(comparison_key(record), &record);
    if (!is_new)
      throw ArgumentError(
          "between", series,
          fmt::format("'{0} {1}' and '{0} {2}' have the same n, dtype and input", backend_of(record),
                      text_at(*place->second, "variant"), text_at(record, "variant")),
          "a series with one record for each n, dtype and input");
  }
  if (places.empty()) {
    std::set<std::string> names;
    for (const Json& record : records) {
      names.insert(backend_of(record));
      names.insert(record.at("variant").get<std::string>());
    }
    throw unknown_name("between", series, series, {names.begin(), names.end()});
  }
  return places;
}

}  // namespace

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::faster:
      return "FASTER";
    case Verdict::slower:
      return "SLOWER";
    case Verdict::same:
      return "SAME";
    case Verdict::ambiguous:
      return "AMBIGUOUS";
  }
  return {};
}

Verdict judge(const Interval& interval, double floor) {
  const double above = 1 + floor;
  if (interval.high < 1 / above) return Verdict::faster;
  if (interval.low > above) return Verdict::slower;
  return interval.low >= 1 / above && interval.high <= above ? Verdict::same : Verdict::ambiguous;
}

TimeRatio compare_times(const Json& a, const Json& b, double floor) {
  if (const std::vector<double> ratios = paired_ratios(a, b); ratios.size() >= fewest_rounds) {
    const Interval interval = median_interval(ratios);
    return {median(ratios), interval, judge(interval, floor)};
  }
  const auto times_a = a.at("time").at("samples_ns").get<std::vector<double>>();
  const auto times_b = b.at("time").at("samples_ns").get<std::vector<double>>();
  const Interval interval = ratio_interval(times_a, times_b);
  const bool enough = std::min(times_a.size(), times_b.size()) >= fewest_rounds;
  return {median(times_b) / median(times_a), interval, enough ? judge(interval, floor) : Verdict::ambiguous};
}

std::int64_t Comparison::count(Verdict verdict) const {
  return std::count_if(pairs.begin(), pairs.end(), [&](const Pair& pair) { return pair.verdict == verdict; });
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
  return match(places(a), places(b), floor);
}

Comparison compare_series(const std::vector<Json>& records, const std::string& a, const std::string& b,
                          double floor) {
  return match(places_of(records, a), places_of(records, b), floor);
}

}  // namespace attnlab
