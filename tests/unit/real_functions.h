// Small functions of Real, as an author of a variant writes them, and their values with Lane at every level.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "attnlab/core/isa.h"
#include "attnlab/variants/dual.h"

namespace attnlab {

constexpr float looked_up[]{0.5F, -3, 7, 1e30F, 0, 2.25F, -1e-30F, 9};

#define ATTNLAB_FUNCTION(Name, text, expression)                                    \
  struct Name {                                                                     \
    static constexpr const char* name = text;                                       \
    template <class Real>                                                           \
    [[gnu::always_inline]] Real operator()(Real x, [[maybe_unused]] Real y) const { \
      return expression;                                                            \
    }                                                                               \
  };

ATTNLAB_FUNCTION(Sum, "x + y", x + y)
ATTNLAB_FUNCTION(Difference, "x - y", x - y)
ATTNLAB_FUNCTION(Product, "x * y", x* y)
ATTNLAB_FUNCTION(Quotient, "x / y", x / y)
ATTNLAB_FUNCTION(Negation, "-x", -x)
ATTNLAB_FUNCTION(Constant, "x * 0.375", x* Real(0.375))
ATTNLAB_FUNCTION(Smallest, "min(x, y)", min(x, y))
ATTNLAB_FUNCTION(Largest, "max(x, y)", max(x, y))
ATTNLAB_FUNCTION(Magnitude, "abs(x)", abs(x))
ATTNLAB_FUNCTION(Floor, "floor(x)", floor(x))
ATTNLAB_FUNCTION(Root, "sqrt(abs(x))", sqrt(abs(x)))
ATTNLAB_FUNCTION(Less, "x < y", select(x < y, Real(1), Real(0)))
ATTNLAB_FUNCTION(LessOrEqual, "x <= y", select(x <= y, Real(1), Real(0)))
ATTNLAB_FUNCTION(Greater, "x > y", select(x > y, Real(1), Real(0)))
ATTNLAB_FUNCTION(GreaterOrEqual, "x >= y", select(x >= y, Real(1), Real(0)))
ATTNLAB_FUNCTION(Equal, "x == y", select(x == y, Real(1), Real(0)))
ATTNLAB_FUNCTION(Unequal, "x != y", select(x != y, Real(1), Real(0)))
ATTNLAB_FUNCTION(Masks, "x < y && !(x < -1) || y == 0",
                 select((x < y && !(x < Real(-1))) || y == Real(0), Real(1), Real(0)))
ATTNLAB_FUNCTION(Chosen, "select(x < y, x, y)", select(x < y, x, y))
ATTNLAB_FUNCTION(LookedUp, "look_up(table, floor(min(abs(x), 7)))",
                 look_up(looked_up, floor(min(Real(7), max(abs(x), Real(0))))))
ATTNLAB_FUNCTION(Exponential, "exp(x)", exp(x))
ATTNLAB_FUNCTION(Decay, "exp(-x)", exp(-x))
ATTNLAB_FUNCTION(Logarithm, "log(x)", log(x))
ATTNLAB_FUNCTION(HyperbolicTangent, "tanh(x)", tanh(x))
ATTNLAB_FUNCTION(Logistic, "logistic(x)", logistic(x))
ATTNLAB_FUNCTION(Power, "pow(x, y)", pow(x, y))
ATTNLAB_FUNCTION(PowerOfShare, "pow_of_share(x, y)", pow_of_share(x, y))

#undef ATTNLAB_FUNCTION

/// Calls `function(index, Function())` for each of the functions.
template <class Apply>
[[gnu::always_inline]] inline void for_each_function(Apply apply) {
  std::size_t index = 0;
  const auto each = [&]<class... Function>() { (apply(index++, Function()), ...); };
  each.template
  operator()<Sum, Difference, Product, Quotient, Negation, Constant, Smallest, Largest, Magnitude, Floor,
             Root, Less, LessOrEqual, Greater, GreaterOrEqual, Equal, Unequal, Masks, Chosen, LookedUp,
             Exponential, Decay, Logarithm, HyperbolicTangent, Logistic, Power, PowerOfShare>();
}

/// Value, and derivative by x from dual numbers, of function `index` at (x[t], y[t]); in whole lanes of 16.
struct LaneFunctions {
  void (*value)(std::size_t index, std::span<const float> x, std::span<const float> y, float* to);
  void (*slope)(std::size_t index, std::span<const float> x, std::span<const float> y, float* to);
};
const LaneFunctions& lane_functions(IsaLevel level);

}  // namespace attnlab
