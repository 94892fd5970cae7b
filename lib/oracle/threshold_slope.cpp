#include "attnlab/oracle/threshold_slope.h"

#include <stdexcept>
#include <variant>

#include "attnlab/variants/normalisers/table.h"

namespace attnlab {

double threshold_slope(const Normaliser& normaliser, double weight) {
  return std::visit(
      [&](const auto& member) -> double {
        if constexpr (requires { member.slope(weight, weight); }) {
          // Weights increase with the excess: bisects for the excess of this weight.
          double low = 0;
          double high = 1;
          while (member.weight(high) < weight) high *= 2;
          for (double middle = high / 2; low < middle && middle < high; middle = low + (high - low) / 2)
            (member.weight(middle) < weight ? low : high) = middle;
          return member.slope(high, weight);
        } else {
          throw std::logic_error("slope of a normaliser without a threshold: " + normaliser.name());
        }
      },
      normaliser.member().value);
}

}  // namespace attnlab
