#include "measure/bootstrap.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/splitmix.h"
#include "measure/sampler.h"

namespace attnlab {

namespace {

constexpr std::size_t resamples = 1000;

double resampled_median(std::span<const double> values, SplitMix& random) {
  std::vector<double> drawn(values.size());
  for (double& value : drawn) value = values[random.next() % values.size()];
  return median(std::move(drawn));
}

template <class Draw>
Interval percentiles(Draw draw) {
  SplitMix random(1);
  std::vector<double> drawn(resamples);
  for (double& value : drawn) value = draw(random);
  std::sort(drawn.begin(), drawn.end());
  const auto outside = static_cast<std::size_t>((1 - bootstrap_confidence) / 2 * resamples);
  return {drawn[outside], drawn[resamples - 1 - outside]};
}

}  // namespace

Interval median_interval(std::span<const double> values) {
  return percentiles([&](SplitMix& random) { return resampled_median(values, random); });
}

Interval ratio_interval(std::span<const double> a, std::span<const double> b) {
  return percentiles([&](SplitMix& random) {
    const double above = resampled_median(b, random);
    return above / resampled_median(a, random);
  });
}

}  // namespace attnlab
