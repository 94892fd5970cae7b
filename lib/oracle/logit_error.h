// Bounds of the error of a logit in float32 code.
//
// A rounding to nearest has an error of at most u times the number, u the unit roundoff. Its root mean square
// is 0.4247 u: uniform within half a spacing, with mantissas log-uniform in [1, 2), sqrt(1/3 x 3 / (8 ln 2)).
// A sum of m random terms t in any order has partial sums whose squares add up to (m/2) sum t^2 + (m/3) (sum
// t)^2 on average, and each partial sum is rounded (Higham and Mary, SIAM J. Sci. Comput. 41, 2019, explain
// why errors grow like this and not like their worst case).
#pragma once

#include <algorithm>
#include <cmath>

#include "attnlab/core/dtype.h"

namespace attnlab {

/// Largest relative error of a rounding to nearest.
constexpr double unit_roundoff(DType dtype) { return epsilon(dtype) / 2; }

inline constexpr double rms_rounding = 0.4247;  ///< root mean square of a rounding, in units of unit_roundoff

/// Mean square of the rounding error of a sum of `count` terms, in units of the square of the unit roundoff.
/// `squares`: sum of the squares of the terms; `sum`: sum of the terms. Products of two numbers count as
/// terms that are rounded once.
inline double rounding_of_sum(double count, double squares, double sum) {
  return rms_rounding * rms_rounding * ((count / 2 + 1) * squares + (count / 3 + 1) * sum * sum);
}

/// What equal terms add to the rounding error of a sum at most, in units of its root mean square above.
/// Adding equal terms to partial sums of like size rounds them the same way. With all terms equal the error
/// is up to 3/8 u count |sum|; errors of groups of equal terms have random signs. `alike`: number of other
/// terms that equal a term, on average; up to 1 of them is as good as none.
inline double rounding_of_equal_terms(double count, double alike) {
  if (alike <= 1) return 0;
  const double groups = count / (1 + alike);
  const double of_equal = 3.0 / 8 * std::sqrt(3 * count) / rms_rounding;
  return (1 - 1 / alike) * of_equal * std::min(1.0, 4 / std::sqrt(groups));
}

struct LogitError {
  double random = 0;  ///< root mean square of errors that are independent between keys
  double shared = 0;  ///< bound of common errors of keys, as of a rounded query or a modifier's constants
  /// The error exceeds this with a probability of 2e-9: 6 standard deviations.
  double bound() const { return 6 * random + shared; }
};

}  // namespace attnlab
