#include "attnlab/measure/bootstrap.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "attnlab/core/splitmix.h"

namespace attnlab {

namespace {

constexpr std::size_t resamples = 1000;

/// Medians of resamples. The values are sorted once; a resample is the number of times that each value was
/// drawn.
class ResampledMedian {
 public:
  explicit ResampledMedian(std::span<const double> values)
      : sorted_(values.begin(), values.end()), drawn_(values.size()) {
    std::sort(sorted_.begin(), sorted_.end());
  }

  double draw(SplitMix& random) {
    const std::size_t count = sorted_.size();
    std::fill(drawn_.begin(), drawn_.end(), 0);
    // The upper half of the word times the count, since a division would take as long as everything else.
    for (std::size_t draw = 0; draw < count; ++draw) ++drawn_[(random.next() >> 32) * count >> 32];
    std::size_t at = 0;
    std::size_t below = drawn_[0];
    while (below < (count + 1) / 2) below += drawn_[++at];
    const double lower = sorted_[at];
    if (count % 2 == 1) return lower;
    while (below < count / 2 + 1) below += drawn_[++at];
    return (lower + sorted_[at]) / 2;
  }

 private:
  std::vector<double> sorted_;
  std::vector<std::uint32_t> drawn_;
};

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
  ResampledMedian resampled(values);
  return percentiles([&](SplitMix& random) { return resampled.draw(random); });
}

Interval ratio_interval(std::span<const double> a, std::span<const double> b) {
  ResampledMedian resampled_a(a);
  ResampledMedian resampled_b(b);
  return percentiles([&](SplitMix& random) {
    const double above = resampled_b.draw(random);
    return above / resampled_a.draw(random);
  });
}

}  // namespace attnlab
