// How far a logit of float32 code may be from the exact one.
//
// A rounding to nearest is off by at most u times the number, u the unit roundoff, and by 0.4247 u as root
// mean square: uniform within half a spacing, mantissas log-uniform in [1, 2), sqrt(1/3 x 3 / (8 ln 2)). A
// sum of m random terms t in any order has partial sums whose squares add up to (m/2) sum t^2 + (m/3) (sum
// t)^2 on average, each of which is rounded (Higham and Mary, SIAM J. Sci. Comput. 41, 2019, on why errors
// add up like this and not like their worst case).
#pragma once

#include <cmath>

#include "attnlab/core/dtype.h"

namespace attnlab {

/// Largest relative error of a rounding to nearest.
constexpr double unit_roundoff(DType dtype) { return epsilon(dtype) / 2; }

inline constexpr double rms_rounding = 0.4247;  ///< of a rounding, in units of unit_roundoff

/// Mean square of the error that rounding leaves in a sum of `count` terms, in units of the unit roundoff's
/// square. `squares`: sum of the terms' squares; `sum`: the terms' sum. Products of two numbers count as
/// terms that were rounded once already.
inline double rounding_of_sum(double count, double squares, double sum) {
  return rms_rounding * rms_rounding * ((count / 2 + 1) * squares + (count / 3 + 1) * sum * sum);
}

struct LogitError {
  double random = 0;  ///< root mean square of what is independent from key to key
  double shared =
      0;  ///< bound of what keys may have in common: of a rounded query, of a modifier's constants
  /// Beyond this with a probability of 2e-9: 6 standard deviations.
  double bound() const { return 6 * random + shared; }
};

}  // namespace attnlab
