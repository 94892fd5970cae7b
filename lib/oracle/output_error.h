// How far an output is from exact arithmetic, row by row, and how far it may be (row_budget.h).
#pragma once

#include <cstdint>
#include <span>

#include "attnlab/core/tensor.h"
#include "attnlab/oracle/row_budget.h"

namespace attnlab {

/// |a - b|, worst and relative in L2. Where both are NaN, or equal infinities, they agree.
class Difference {
 public:
  void add(double value, double reference);
  double max_abs() const { return max_abs_; }
  double relative_l2() const;
  double l2() const;

 private:
  double max_abs_ = 0;
  double squares_ = 0;
  double reference_squares_ = 0;
};

/// One row of an output.
struct RowError {
  std::int64_t batch = 0, head = 0, query = 0;
  double error = 0;   ///< in L2 over head_dim_v; infinite where one is NaN or infinite and the other is not
  double budget = 0;  ///< that it may have: RowBudget
  /// error / budget; 0 where both are 0.
  double ratio() const { return error == 0 ? 0 : error / budget; }
};

struct OutputError {
  Difference error;  ///< of the determined rows against float64
  /// Of all heads: rows that rounding leaves without one right answer are left out of all else.
  std::int64_t undetermined_rows = 0;
  std::int64_t determined_rows = 0;
  std::int64_t rows_beyond = 0;      ///< their error is beyond their budget
  std::int64_t rows_overflowed = 0;  ///< infinite where the exact output is finite
  RowError worst;                    ///< of the largest ratio
  /// False where no row could be checked.
  bool within_budget() const { return determined_rows > 0 && rows_beyond == 0; }
};

/// Of query rows `rows` of every head. `exact`: what they should be in float64, (batch, heads, rows,
/// head_dim_v), by output_rows<Oracle> or by another oracle. `budgets`: row_budgets of them.
OutputError output_error(const TensorView& output, std::span<const std::int64_t> rows,
                         std::span<const double> exact, std::span<const RowAllowance> budgets);

}  // namespace attnlab
