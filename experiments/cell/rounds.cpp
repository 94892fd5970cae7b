#include "cell/rounds.h"

#include <algorithm>
#include <map>

#include "attnlab/measure/bootstrap.h"
#include "attnlab/measure/sampler.h"

namespace attnlab {

namespace {

constexpr double precise_half_width = 0.02;
/// Samples taken regardless of the budget, if `rounds` is not lower.
constexpr int fewest_in_a_budget = 3;
constexpr int fewest_for_an_interval = 5;
/// Stabilised: the last `rounds` samples reduced the half-width by less than this share.
constexpr double least_progress = 0.10;

double half_width(const std::vector<double>& times) {
  const Interval interval = median_interval(times);
  return (interval.high - interval.low) / 2 / median(times);
}

std::vector<double> times_of(const std::vector<const RoundSample*>& samples) {
  std::vector<double> times;
  for (const RoundSample* sample : samples) times.push_back(sample->time_ns);
  return times;
}

}  // namespace

StoppingRule stopping_rule(const Settings& settings) {
  StoppingRule rule;
  rule.rounds = static_cast<int>(settings.integer("rounds", 1, 10000));
  rule.max_rounds = settings.has("max-rounds")
                        ? static_cast<int>(settings.integer("max-rounds", rule.rounds, 100000))
                        : 4 * rule.rounds;
  rule.retries = static_cast<int>(settings.integer("retries", 0, 10000));
  rule.budget_s = settings.number("budget", 0);
  return rule;
}

bool Rounds::repeats_last() const {
  return !samples_.back().contaminated.empty() && retries_ < rule_.retries;
}

std::int64_t Rounds::contaminated() const {
  return std::count_if(samples_.begin(), samples_.end(),
                       [](const RoundSample& sample) { return !sample.contaminated.empty(); });
}

std::vector<const RoundSample*> one_of_each_block(const std::vector<RoundSample>& samples) {
  std::map<std::int64_t, const RoundSample*> of_block;
  for (const RoundSample& sample : samples) {
    const RoundSample*& chosen = of_block[sample.block];
    if (chosen == nullptr || !chosen->contaminated.empty()) chosen = &sample;
  }
  std::vector<const RoundSample*> chosen;
  for (const auto& [block, sample] : of_block) chosen.push_back(sample);
  return chosen;
}

std::vector<const RoundSample*> Rounds::clean() const {
  std::vector<const RoundSample*> clean = one_of_each_block(samples_);
  std::erase_if(clean, [](const RoundSample* sample) { return !sample->contaminated.empty(); });
  return clean;
}

std::vector<const RoundSample*> Rounds::counted() const {
  const std::vector<const RoundSample*> clean_ones = clean();
  return std::ssize(clean_ones) >= std::min(rule_.rounds, fewest_clean) ? clean_ones
                                                                        : one_of_each_block(samples_);
}

std::string Rounds::stopped(double spent_s) const {
  const auto rounds = static_cast<std::size_t>(std::max(rule_.rounds, fewest_for_an_interval));
  std::vector<double> times = times_of(clean());
  if (times.size() >= rounds) {
    const double now = half_width(times);
    if (now <= precise_half_width) return "precise";
    if (times.size() >= 2 * rounds) {
      times.resize(times.size() - rounds);
      if (now > (1 - least_progress) * half_width(times)) return "stabilised";
    }
  }
  const auto count = static_cast<int>(samples_.size());
  const bool spent = spent_s >= rule_.budget_s && count >= std::min(rule_.rounds, fewest_in_a_budget);
  return spent || count >= rule_.max_rounds ? "budget" : "";
}

Json Rounds::to_json(const std::string& stopped) const {
  const std::vector<const RoundSample*> made_of = counted();
  const std::vector<double> times = times_of(made_of);
  const Interval interval = median_interval(times);
  Json json{{"median_ns", median(times)},
            {"low_ns", interval.low},
            {"high_ns", interval.high},
            {"min_ns", *std::min_element(times.begin(), times.end())},
            {"max_ns", *std::max_element(times.begin(), times.end())},
            {"stopped", stopped},
            {"contaminated", contaminated()},
            {"samples_ns", times},
            {"iterations", Json::array()},
            {"blocks", Json::array()},
            {"samples", Json::array()}};
  for (const RoundSample* sample : made_of) {
    json["iterations"].push_back(sample->iterations);
    json["blocks"].push_back(sample->block);
  }
  for (const RoundSample& sample : samples_) json["samples"].push_back(attnlab::to_json(sample));
  return json;
}

Json to_json(const RoundSample& sample) {
  const Counters& counters = sample.disturbance.counters;
  return {{"block", sample.block},
          {"ns", sample.time_ns},
          {"wall_ns", sample.wall_ns},
          {"iterations", sample.iterations},
          {"cpu_ns", counters.cpu_ns},
          {"steal_ns", counters.steal_ns ? Json(*counters.steal_ns) : Json()},
          {"waited_ns", counters.waited_ns ? Json(*counters.waited_ns) : Json()},
          {"involuntary_switches", counters.involuntary_switches},
          {"major_faults", counters.major_faults},
          {"throttled_periods", counters.throttled_periods ? Json(*counters.throttled_periods) : Json()},
          {"calibration_before_ns", sample.disturbance.calibration_before_ns},
          {"calibration_after_ns", sample.disturbance.calibration_after_ns},
          {"contaminated", sample.contaminated}};
}

RoundSample round_sample_from_json(const Json& json) {
  RoundSample sample;
  sample.block = json.at("block");
  sample.time_ns = json.at("ns");
  sample.wall_ns = json.at("wall_ns");
  sample.iterations = json.at("iterations");
  Counters& counters = sample.disturbance.counters;
  counters.cpu_ns = json.at("cpu_ns");
  if (!json.at("steal_ns").is_null()) counters.steal_ns = json.at("steal_ns").get<double>();
  if (!json.at("waited_ns").is_null()) counters.waited_ns = json.at("waited_ns").get<double>();
  counters.involuntary_switches = json.at("involuntary_switches");
  counters.major_faults = json.at("major_faults");
  if (!json.at("throttled_periods").is_null())
    counters.throttled_periods = json.at("throttled_periods").get<std::int64_t>();
  sample.disturbance.calibration_before_ns = json.at("calibration_before_ns");
  sample.disturbance.calibration_after_ns = json.at("calibration_after_ns");
  sample.contaminated = json.at("contaminated").get<std::vector<std::string>>();
  return sample;
}

}  // namespace attnlab
