// A number and its derivative. Called with dual numbers, a member's operator(), weight or slope also returns
// its derivative (forward mode; Wengert 1964). Dual numbers satisfy the contract of real.h.
#pragma once

#include <type_traits>

#include "attnlab/variants/real.h"

namespace attnlab {

/// Real is double or Lane. The derivative of a constant is 0, that of the variable is 1.
template <class Real>
struct Dual {
  Real value;
  Real slope;

  [[gnu::always_inline]] Dual(Real v, Real s) : value(v), slope(s) {}
  template <class Number>
  requires std::is_arithmetic_v<Number>
  [[gnu::always_inline]] explicit Dual(Number v) : value(Real(v)), slope(Real(0)) {}

  [[gnu::always_inline]] friend Dual operator+(Dual a, Dual b) {
    return {a.value + b.value, a.slope + b.slope};
  }
  [[gnu::always_inline]] friend Dual operator-(Dual a, Dual b) {
    return {a.value - b.value, a.slope - b.slope};
  }
  [[gnu::always_inline]] friend Dual operator*(Dual a, Dual b) {
    return {a.value * b.value, a.slope * b.value + a.value * b.slope};
  }
  [[gnu::always_inline]] friend Dual operator/(Dual a, Dual b) {
    const Real quotient = a.value / b.value;
    return {quotient, (a.slope - quotient * b.slope) / b.value};
  }
  [[gnu::always_inline]] friend Dual operator-(Dual a) { return {-a.value, -a.slope}; }
  [[gnu::always_inline]] Dual& operator+=(Dual b) { return *this = *this + b; }
  [[gnu::always_inline]] Dual& operator-=(Dual b) { return *this = *this - b; }
  [[gnu::always_inline]] Dual& operator*=(Dual b) { return *this = *this * b; }
  [[gnu::always_inline]] Dual& operator/=(Dual b) { return *this = *this / b; }

  // Comparisons of the numbers; derivatives are ignored.
  [[gnu::always_inline]] friend auto operator<(Dual a, Dual b) { return a.value < b.value; }
  [[gnu::always_inline]] friend auto operator>(Dual a, Dual b) { return a.value > b.value; }
  [[gnu::always_inline]] friend auto operator<=(Dual a, Dual b) { return a.value <= b.value; }
  [[gnu::always_inline]] friend auto operator>=(Dual a, Dual b) { return a.value >= b.value; }
  [[gnu::always_inline]] friend auto operator==(Dual a, Dual b) { return a.value == b.value; }
  [[gnu::always_inline]] friend auto operator!=(Dual a, Dual b) { return a.value != b.value; }
};

#define ATTNLAB_DUAL    \
  template <class Real> \
  [[gnu::always_inline]] inline

template <class Mask, class Real>
[[gnu::always_inline]] inline Dual<Real> select(Mask mask, Dual<Real> a, Dual<Real> b) {
  return {select(mask, a.value, b.value), select(mask, a.slope, b.slope)};
}
ATTNLAB_DUAL Dual<Real> min(Dual<Real> a, Dual<Real> b) { return select(b < a, b, a); }
ATTNLAB_DUAL Dual<Real> max(Dual<Real> a, Dual<Real> b) { return select(a < b, b, a); }
/// The derivative at 0 is 1.
ATTNLAB_DUAL Dual<Real> abs(Dual<Real> a) { return select(a < Dual<Real>(0), -a, a); }
ATTNLAB_DUAL Dual<Real> floor(Dual<Real> a) { return {floor(a.value), Real(0)}; }
ATTNLAB_DUAL Dual<Real> sqrt(Dual<Real> a) {
  const Real root = sqrt(a.value);
  return {root, a.slope / (Real(2) * root)};
}
ATTNLAB_DUAL Dual<Real> exp(Dual<Real> a) {
  const Real power = exp(a.value);
  return {power, power * a.slope};
}
ATTNLAB_DUAL Dual<Real> log(Dual<Real> a) { return {log(a.value), a.slope / a.value}; }
ATTNLAB_DUAL Dual<Real> tanh(Dual<Real> a) {
  const Real value = tanh(a.value);
  return {value, (Real(1) - value * value) * a.slope};
}
ATTNLAB_DUAL Dual<Real> logistic(Dual<Real> a) {
  return {logistic(a.value), logistic(a.value) * logistic(-a.value) * a.slope};
}
/// x^y: y x^(y-1) x' + x^y ln x y'; the second term only if y is not a constant.
ATTNLAB_DUAL Dual<Real> pow(Dual<Real> x, Dual<Real> y) {
  const Real power = pow(x.value, y.value);
  const Real of_exponent = select(y.slope == Real(0), Real(0), power * log(x.value) * y.slope);
  const Real of_base =
      select(x.slope == Real(0), Real(0), y.value * pow(x.value, y.value - Real(1)) * x.slope);
  return {power, of_base + of_exponent};
}
/// For 0 < x <= 1 and y >= 0.
ATTNLAB_DUAL Dual<Real> pow_of_share(Dual<Real> x, Dual<Real> y) {
  const Real power = pow_of_share(x.value, y.value);
  return {power, power * (y.value / x.value * x.slope + log(x.value) * y.slope)};
}
ATTNLAB_DUAL Dual<Real> look_up(const float* table, Dual<Real> a) {
  return {look_up(table, a.value), Real(0)};
}

#undef ATTNLAB_DUAL

static_assert(RealNumber<Dual<double>>);

}  // namespace attnlab
