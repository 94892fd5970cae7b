// Compiled once for each instruction-set level, like kernels/rows.cpp.
#include "attnlab/kernels/lane.h"
#include "unit/real_functions.h"

namespace attnlab::ATTNLAB_LEVEL {

static_assert(RealNumber<Dual<Lane>>);

static void value(std::size_t index, std::span<const float> x, std::span<const float> y, float* to) {
  for_each_function([&](std::size_t at, auto function) ATTNLAB_INLINE_LAMBDA {
    if (at != index) return;
    for (std::size_t t = 0; t < x.size(); t += Lane::width)
      function(Lane::load(x.data() + t), Lane::load(y.data() + t)).store(to + t);
  });
}

static void slope(std::size_t index, std::span<const float> x, std::span<const float> y, float* to) {
  for_each_function([&](std::size_t at, auto function) ATTNLAB_INLINE_LAMBDA {
    if (at != index) return;
    for (std::size_t t = 0; t < x.size(); t += Lane::width)
      function(Dual<Lane>(Lane::load(x.data() + t), Lane(1)), Dual<Lane>(Lane::load(y.data() + t), Lane(0)))
          .slope.store(to + t);
  });
}

extern const LaneFunctions functions;
const LaneFunctions functions{value, slope};

}  // namespace attnlab::ATTNLAB_LEVEL
