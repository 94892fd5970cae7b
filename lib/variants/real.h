// The contract of `Real`: the operations that an author of a variant may use in operator(), weight and slope.
//
// A member of a table is written once, as a template over Real, and is compiled for
//   double                   the oracle, and the rows that engines compute one number at a time;
//   Lane                     a register of float32, once for each instruction-set level (kernels/lane.h);
//   Dual<double>, Dual<Lane> the same with derivatives (variants/dual.h).
//
// With `x`, `y` of type Real, all of these have:
//   Real(0.5), Real(c)       a constant, of any arithmetic type; it is explicit: `Real(2) * x`, not `2 * x`
//   x + y  x - y  x * y  x / y  -x  x += y  x -= y  x *= y  x /= y
//   x < y  x <= y  x > y  x >= y  x == y  x != y        a mask: comparisons of all numbers of a register
//   m && n  m || n  !m       combinations of masks; a mask is not a bool: `if (x < y)` does not compile
//   select(m, x, y)          x where m is true, y elsewhere; both are computed; a NaN that is not selected
//                            has no effect
//   min(x, y)  max(x, y)     as std::min and std::max: x if either is NaN
//   abs(x)  floor(x)  sqrt(x)
//   exp(x)  log(x)           of any number; infinities, 0 and NaN as in <cmath>
//   tanh(x)  logistic(x)     logistic is 1 / (1 + exp(-x))
//   pow(x, y)                x >= 0, and not -0
//   pow_of_share(x, y)       the same for 0 < x <= 1 and y >= 0, faster
//   look_up(table, x)        table[x] of a table of floats; x must be a whole number within it
//
// They are called by these names without std:: and without `using`: in namespace attnlab `exp(-x)` finds the
// function of its type. In another namespace, say `using namespace attnlab`.
//
// Largest errors of a Lane, in units in the last place (ULP) of float32, at every level:
//   + - * / sqrt abs floor min max select look_up: rounded as in float32. Levels with fused multiply-add may
//                          round a product and its sum only once.
//   exp                    3 ULP, 4 at baseline; 0 below -86.99, so that no result is subnormal
//   log                    3 ULP
//   tanh                   2 ULP of 1 in absolute value, 3 ULP near 0
//   logistic               4e-8 |x| + 4 ULP, 2e-7 |x| + 4 ULP at baseline; 0 below -86.99
//   pow, pow_of_share      2e-7 (1 + |y| + |y log2 x|), relative; 0 if the result is below 2^-125
// tests/unit/real_test.cpp tests double and every level against this page.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <type_traits>

namespace attnlab {

// For double only: a call with another type is an error, not a conversion.
#define ATTNLAB_REAL                   \
  template <std::same_as<double> Real> \
  [[gnu::always_inline]] inline

ATTNLAB_REAL Real exp(Real x) { return std::exp(x); }
ATTNLAB_REAL Real log(Real x) { return std::log(x); }
ATTNLAB_REAL Real tanh(Real x) { return std::tanh(x); }
ATTNLAB_REAL Real sqrt(Real x) { return std::sqrt(x); }
ATTNLAB_REAL Real abs(Real x) { return std::abs(x); }
ATTNLAB_REAL Real floor(Real x) { return std::floor(x); }
ATTNLAB_REAL Real pow(Real x, Real y) { return std::pow(x, y); }
ATTNLAB_REAL Real pow_of_share(Real x, Real y) { return std::pow(x, y); }
ATTNLAB_REAL Real min(Real x, Real y) { return y < x ? y : x; }
ATTNLAB_REAL Real max(Real x, Real y) { return x < y ? y : x; }
ATTNLAB_REAL Real logistic(Real x) { return 1 / (1 + std::exp(-x)); }
ATTNLAB_REAL Real select(bool mask, Real x, Real y) { return mask ? x : y; }
ATTNLAB_REAL Real look_up(const float* table, Real x) {
  return static_cast<Real>(table[static_cast<std::ptrdiff_t>(x)]);
}

#undef ATTNLAB_REAL

/// Whether a type satisfies the contract above.
template <class Real>
concept RealNumber = requires(Real x, Real y, const float* table) {
  Real(0.5);
  Real(0.5F);
  Real(1);
  { x + y } -> std::same_as<Real>;
  { x - y } -> std::same_as<Real>;
  { x* y } -> std::same_as<Real>;
  { x / y } -> std::same_as<Real>;
  { -x } -> std::same_as<Real>;
  { x += y } -> std::same_as<Real&>;
  { x -= y } -> std::same_as<Real&>;
  { x *= y } -> std::same_as<Real&>;
  { x /= y } -> std::same_as<Real&>;
  { select(x < y && x <= y, x, y) } -> std::same_as<Real>;
  { select(x > y || x >= y, x, y) } -> std::same_as<Real>;
  { select(!(x == y), x, y) } -> std::same_as<Real>;
  { select(x != y, x, y) } -> std::same_as<Real>;
  { min(x, y) } -> std::same_as<Real>;
  { max(x, y) } -> std::same_as<Real>;
  { abs(x) } -> std::same_as<Real>;
  { floor(x) } -> std::same_as<Real>;
  { sqrt(x) } -> std::same_as<Real>;
  { exp(x) } -> std::same_as<Real>;
  { log(x) } -> std::same_as<Real>;
  { tanh(x) } -> std::same_as<Real>;
  { logistic(x) } -> std::same_as<Real>;
  { pow(x, y) } -> std::same_as<Real>;
  { pow_of_share(x, y) } -> std::same_as<Real>;
  { look_up(table, x) } -> std::same_as<Real>;
};

static_assert(RealNumber<double>);

}  // namespace attnlab
