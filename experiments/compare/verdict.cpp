#include "compare/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/math/special_functions/binomial.hpp>
#include <cmath>
#include <vector>

#include "attnlab/measure/sampler.h"
#include "records/samples.h"

namespace attnlab {

namespace {

constexpr std::int64_t most_settling_samples = 1000;

/// Ratios b / a of samples of the same group and block that are clean on both sides. They were taken in turn,
/// so that a slow change of the machine reaches both.
struct PairedRatios {
  std::vector<double> clean;
  std::int64_t taken = 0;  ///< blocks that both have
};

PairedRatios paired_ratios(const Json& a, const Json& b) {
  PairedRatios ratios;
  if (!a.value("group", Json()).is_string() || a.at("group") != b.value("group", Json())) return ratios;
  const std::vector<RoundSample> samples = samples_of(a);
  const std::vector<RoundSample> other_samples = samples_of(b);
  const std::vector<const RoundSample*> others = one_of_each_block(other_samples);
  auto other = others.begin();
  for (const RoundSample* sample : one_of_each_block(samples)) {
    while (other != others.end() && (*other)->block < sample->block) ++other;
    if (other == others.end() || (*other)->block != sample->block) continue;
    ++ratios.taken;
    if (sample->contaminated.empty() && (*other)->contaminated.empty())
      ratios.clean.push_back((*other)->time_ns / sample->time_ns);
  }
  return ratios;
}

/// The half-width of an interval of a median shrinks with the root of the number of samples. It has to become
/// less than the distance from the ratio to the nearest edge of the noise floor.
std::int64_t settling_samples(const TimeRatio& ratio, double floor) {
  const double edge = std::log1p(floor);
  const double at = std::log(ratio.value);
  const double distance = std::min(std::abs(at - edge), std::abs(at + edge));
  const double half = std::max(std::log(ratio.interval.high) - at, at - std::log(ratio.interval.low));
  const double samples = std::ceil(static_cast<double>(ratio.clean) * std::pow(half / distance, 2));
  return samples <= most_settling_samples ? static_cast<std::int64_t>(samples) : 0;
}

TimeRatio judged(TimeRatio ratio, double floor) {
  ratio.verdict = judge(ratio.interval, floor);
  if (ratio.verdict == Verdict::overlap) ratio.settling_samples = settling_samples(ratio, floor);
  return ratio;
}

/// The verdict where one side has too few clean samples for an interval. `disturbed`: its figures use others.
TimeRatio of_few(const std::vector<double>& a, const std::vector<double>& b, TimeRatio ratio, bool disturbed,
                 double floor) {
  ratio.verdict = judge_by_ranks(a, b, floor);
  ratio.by_ranks = ratio.verdict != Verdict::overlap;
  if (!ratio.by_ranks) ratio.verdict = disturbed ? Verdict::disturbed : Verdict::too_few;
  return ratio;
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
    case Verdict::overlap:
      return "OVERLAP";
    case Verdict::too_few:
      return "TOO FEW";
    case Verdict::disturbed:
      return "DISTURBED";
  }
  return {};
}

bool is_decided(Verdict verdict) {
  return verdict == Verdict::faster || verdict == Verdict::slower || verdict == Verdict::same;
}

bool has_interval(const TimeRatio& ratio) { return ratio.clean >= fewest_clean; }

Verdict judge(const Interval& interval, double floor) {
  const double above = 1 + floor;
  if (interval.high < 1 / above) return Verdict::faster;
  if (interval.low > above) return Verdict::slower;
  return interval.low >= 1 / above && interval.high <= above ? Verdict::same : Verdict::overlap;
}

Verdict judge_by_ranks(std::span<const double> a, std::span<const double> b, double floor) {
  if (a.empty() || b.empty()) return Verdict::overlap;
  const auto orders = boost::math::binomial_coefficient<double>(static_cast<unsigned>(a.size() + b.size()),
                                                                static_cast<unsigned>(a.size()));
  if (2 / orders > 1 - bootstrap_confidence) return Verdict::overlap;
  const auto [least_a, most_a] = std::minmax_element(a.begin(), a.end());
  const auto [least_b, most_b] = std::minmax_element(b.begin(), b.end());
  if (*most_b * (1 + floor) < *least_a) return Verdict::faster;
  if (*least_b > *most_a * (1 + floor)) return Verdict::slower;
  return Verdict::overlap;
}

TimeRatio compare_times(const Json& a, const Json& b, double floor) {
  const PairedRatios paired = paired_ratios(a, b);
  if (std::ssize(paired.clean) >= fewest_clean)
    return judged({median(paired.clean), median_interval(paired.clean), Verdict::overlap, false,
                   std::ssize(paired.clean), paired.taken},
                  floor);
  const CleanShare share_a = clean_share(a);
  const CleanShare share_b = clean_share(b);
  const CleanShare& fewer = share_b.clean < share_a.clean ? share_b : share_a;
  // Without a clean sample, the ratio is that of the figures that the records show.
  const auto times_of = [](const Json& record, const CleanShare& share) {
    return share.clean > 0 ? clean_times(record)
                           : record.at("time").at("samples_ns").get<std::vector<double>>();
  };
  const std::vector<double> times_a = times_of(a, share_a);
  const std::vector<double> times_b = times_of(b, share_b);
  const TimeRatio ratio{median(times_b) / median(times_a),
                        ratio_interval(times_a, times_b),
                        Verdict::overlap,
                        false,
                        fewer.clean,
                        fewer.taken};
  if (fewer.clean >= fewest_clean) return judged(ratio, floor);
  const bool disturbed = is_disturbed(a) || is_disturbed(b);
  return fewer.clean == 0 ? of_few({}, {}, ratio, disturbed, floor)
                          : of_few(times_a, times_b, ratio, disturbed, floor);
}

std::string in_words(const TimeRatio& ratio) {
  const std::string_view verdict = to_string(ratio.verdict);
  if (ratio.by_ranks) return fmt::format("{} by the exact rank test", verdict);
  switch (ratio.verdict) {
    case Verdict::overlap:
      return ratio.settling_samples > 0
                 ? fmt::format("{}: about {} clean samples would settle it", verdict, ratio.settling_samples)
                 : fmt::format("{}: the difference is too near to the noise floor", verdict);
    case Verdict::too_few:
      return fmt::format("{}: {} clean sample{}", verdict, ratio.clean, ratio.clean == 1 ? "" : "s");
    case Verdict::disturbed:
      return fmt::format("{}: {} of {} clean", verdict, ratio.clean, ratio.taken);
    default:
      return std::string(verdict);
  }
}

std::string verdict_note(double floor) {
  return fmt::format(
      "FASTER, SLOWER: the whole 99 % interval lies beyond the noise floor of {:.3g} %; or, of few samples, "
      "all lie beyond it (exact rank test). SAME: the interval lies within the floor. OVERLAP: the interval "
      "holds an edge of the floor. TOO FEW, DISTURBED: fewer than {} clean samples.",
      floor * 100, fewest_clean);
}

}  // namespace attnlab
