// How far an engine's output is from exact arithmetic, and how far it may be.
#pragma once

#include <cstdint>
#include <span>

#include "attnlab/core/problem.h"
#include "attnlab/variants/inputs.h"
#include "attnlab/variants/variant.h"

namespace attnlab {

/// |a - b|, worst and relative in L2. Where both are NaN, or equal infinities, they agree.
class Difference {
 public:
  void add(double value, double reference);
  double max_abs() const { return max_abs_; }
  double relative_l2() const;

 private:
  double max_abs_ = 0;
  double squares_ = 0;
  double reference_squares_ = 0;
};

struct OutputError {
  Difference error;           ///< of the output against the float64 oracle
  double budget_max_abs = 0;  ///< 2 x the worst error of textbook code in float32 + 4 eps max|V|
  /// Left out of both, of all heads: rounding decides which keys they keep (determined_rows.h).
  std::int64_t undetermined_rows = 0;
  std::int64_t determined_rows = 0;
  /// Nothing is where no row could be checked.
  bool within_budget() const { return determined_rows > 0 && error.max_abs() <= budget_max_abs; }
};

/// Of query rows `rows` of every head. `oracle`: output_rows<Oracle> of them.
OutputError output_error(const Variant& variant, const Problem& problem, const Inputs& inputs,
                         const TensorView& output, std::span<const std::int64_t> rows,
                         std::span<const double> oracle);

}  // namespace attnlab
