// The error of an output against exact arithmetic, row by row, and its budget (row_budget.h).
#pragma once

#include <cstdint>
#include <span>

#include "attnlab/core/tensor.h"
#include "attnlab/oracle/row_budget.h"

namespace attnlab {

/// Largest |a - b| and relative L2 difference. Two NaN, or two equal infinities, have no difference.
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

/// The error of one row of an output.
struct RowError {
  std::int64_t batch = 0, head = 0, query = 0;
  double error = 0;   ///< in L2 over head_dim_v; infinite if one is NaN or infinite and the other is not
  double budget = 0;  ///< the largest allowed error: RowBudget
  /// error / budget; 0 if both are 0.
  double ratio() const { return error == 0 ? 0 : error / budget; }
};

struct OutputError {
  Difference error;  ///< error of the determined rows against float64
  /// Number of rows of all heads. Undetermined rows, whose right answer depends on rounding, are left out of
  /// everything else.
  std::int64_t undetermined_rows = 0;
  std::int64_t determined_rows = 0;
  std::int64_t rows_beyond = 0;      ///< rows whose error exceeds their budget
  std::int64_t rows_overflowed = 0;  ///< rows that are infinite although the exact output is finite
  RowError worst;                    ///< the row with the largest ratio
  /// False if no row could be checked.
  bool within_budget() const { return determined_rows > 0 && rows_beyond == 0; }
};

/// Error of the rows of `exact` in `output` (batch, heads, n_q, head_dim_v).
OutputError output_error(const TensorView& output, const ExactRows& exact);

}  // namespace attnlab
