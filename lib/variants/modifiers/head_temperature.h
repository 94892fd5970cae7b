// head_temperature: s / T_h with a learned T_h > 0 for each query head. Swin V2, Liu et al.,
// arXiv:2111.09883.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "attnlab/variants/arguments.h"
#include "attnlab/variants/score_weights.h"

namespace attnlab {

struct HeadTemperature {
  static constexpr MemberInfo info{"head_temperature", "", "head_temperature",
                                   "s / T_h, T_h learned: PREFIX_temperature.npy, one number a head",
                                   "Swin V2, arXiv:2111.09883"};
  double temperature = 1;

  static HeadTemperature parse(const Arguments& given) {
    given.require_count(0, 0, info.parameters);
    return {};
  }
  std::vector<double> arguments() const { return {}; }
  std::vector<WeightShape> weights(std::int64_t heads) const {
    return {{"temperature", 1, heads, WeightRange::positive}};
  }
  HeadTemperature for_head(std::int64_t head, const ScoreWeights& weights) const {
    return {static_cast<double>(weights.find("temperature")->second.values[static_cast<std::size_t>(head)])};
  }

  template <class Real>
  Real operator()(Real logit, Real /*query*/, Real /*key*/) const {
    return logit * Real(1 / temperature);
  }
};

}  // namespace attnlab
