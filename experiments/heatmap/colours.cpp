#include "heatmap/colours.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace attnlab {

namespace {

template <std::size_t count>
Colour interpolated(const std::array<std::uint32_t, count>& stops, double at) {
  const double place = std::clamp(at, 0.0, 1.0) * (count - 1);
  const std::size_t below = std::min(static_cast<std::size_t>(place), count - 2);
  const double share = place - static_cast<double>(below);
  const auto channel = [&](unsigned shift) {
    const auto value = [&](std::size_t stop) {
      return static_cast<double>(stops[stop] >> shift & 255u) / 255;
    };
    return value(below) + share * (value(below + 1) - value(below));
  };
  return {channel(16), channel(8), channel(0)};
}

/// 0 at the lower end of the domain, 1 at the upper end.
double place(double weight) {
  return std::log(weight / weight_domain[0]) / std::log(weight_domain[1] / weight_domain[0]);
}

const double difference_range = std::log1p(weight_domain[1] / weight_domain[0]);

constexpr std::array<std::uint32_t, 9> viridis{0x440154, 0x472d7b, 0x3b528b, 0x2c728e, 0x21918c,
                                               0x28ae80, 0x5ec962, 0xaddc30, 0xfde725};
constexpr std::array<std::uint32_t, 5> reds{0xffffff, 0xfddbc7, 0xf4a582, 0xd6604d, 0x67001f};
constexpr std::array<std::uint32_t, 5> blues{0xffffff, 0xd1e5f0, 0x92c5de, 0x4393c3, 0x053061};

}  // namespace

Colour weight_colour(double weight) {
  return weight > 0 ? interpolated(viridis, place(weight)) : Colour{1, 1, 1};
}

double difference_place(double difference) {
  const double place = std::log1p(std::abs(difference) / weight_domain[0]) / difference_range;
  return std::copysign(std::min(place, 1.0), difference);
}

double difference_at(double place) {
  return std::copysign(weight_domain[0] * std::expm1(std::abs(place) * difference_range), place);
}

Colour difference_colour(double difference) {
  return interpolated(difference > 0 ? reds : blues, std::abs(difference_place(difference)));
}

}  // namespace attnlab
