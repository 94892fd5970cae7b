#include "records/samples.h"

#include <fmt/format.h>

#include <algorithm>

#include "records/analysis.h"

namespace attnlab {

namespace {

bool says_which_are_disturbed(const Json& record) {
  const Json* samples = value_at(record, "time.samples");
  return samples && samples->is_array() && !samples->empty();
}

}  // namespace

std::vector<RoundSample> samples_of(const Json& record) {
  std::vector<RoundSample> samples;
  if (says_which_are_disturbed(record)) {
    for (const Json& from : record.at("time").at("samples")) {
      RoundSample& sample = samples.emplace_back();
      sample.block = from.at("block");
      sample.time_ns = from.at("ns");
      sample.contaminated = from.at("contaminated").get<std::vector<std::string>>();
    }
    return samples;
  }
  const Json* times = value_at(record, "time.samples_ns");
  const Json* blocks = value_at(record, "time.blocks");
  for (std::size_t at = 0; times && at < times->size(); ++at) {
    RoundSample& sample = samples.emplace_back();
    sample.block = blocks && blocks->is_array() && at < blocks->size() ? (*blocks)[at].get<std::int64_t>()
                                                                       : static_cast<std::int64_t>(at);
    sample.time_ns = (*times)[at];
  }
  return samples;
}

CleanShare clean_share(const Json& record) {
  const std::vector<RoundSample> samples = samples_of(record);
  const std::vector<const RoundSample*> blocks = one_of_each_block(samples);
  const auto clean = std::count_if(blocks.begin(), blocks.end(),
                                   [](const RoundSample* sample) { return sample->contaminated.empty(); });
  return {clean, std::ssize(blocks), says_which_are_disturbed(record)};
}

std::vector<double> clean_times(const Json& record) {
  const std::vector<RoundSample> samples = samples_of(record);
  std::vector<double> times;
  for (const RoundSample* sample : one_of_each_block(samples))
    if (sample->contaminated.empty()) times.push_back(sample->time_ns);
  return times;
}

bool is_disturbed(const Json& record) {
  const Json* used = value_at(record, "time.samples_ns");
  return used && used->is_array() && std::ssize(*used) > clean_share(record).clean;
}

std::string to_string(const CleanShare& share) { return fmt::format("{} of {}", share.clean, share.taken); }

}  // namespace attnlab
