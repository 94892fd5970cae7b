// From pooled weights to colours, on logarithmic scales.
#pragma once

#include <array>

namespace attnlab {

struct Colour {
  double red, green, blue;  ///< 0 … 1
};

/// Ends of the scales, in weight times n. Values beyond an end have the colour of the end.
inline constexpr std::array<double, 2> weight_domain{0.01, 100};

/// Viridis (Smith and van der Walt 2015) over the logarithm; white where there is no weight at all.
Colour weight_colour(double weight);

/// Position from -1 to 1 on a scale that is linear near 0 and logarithmic beyond the lower end of the domain:
/// ln(1 + |x| / lower end) with the sign of x, scaled to 1 at the upper end.
double difference_place(double difference);
/// The value at a position from -1 to 1.
double difference_at(double place);

/// Blue: weight was removed; red: weight was added (ColorBrewer RdBu); white: no change.
Colour difference_colour(double difference);

}  // namespace attnlab
