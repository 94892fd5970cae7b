#include "attnlab/oracle/output_error.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace attnlab {

void Difference::add(double value, double reference) {
  if ((std::isnan(value) && std::isnan(reference)) || value == reference) {
    if (std::isfinite(reference)) reference_squares_ += reference * reference;
    return;
  }
  const double difference = std::abs(value - reference);
  max_abs_ = std::isnan(difference) ? difference : std::max(max_abs_, difference);
  squares_ += difference * difference;
  reference_squares_ += reference * reference;
}

double Difference::relative_l2() const {
  return squares_ == 0 ? 0 : std::sqrt(squares_ / reference_squares_);
}

double Difference::l2() const { return std::sqrt(squares_); }

OutputError output_error(const TensorView& output, const ExactRows& exact) {
  const std::int64_t heads = output.shape[1];
  OutputError result;
  std::vector<float> row(static_cast<std::size_t>(output.shape[3]));
  for (std::size_t at = 0; at < exact.budgets.size(); ++at) {
    if (!exact.budgets[at].determined) {
      ++result.undetermined_rows;
      continue;
    }
    ++result.determined_rows;
    const auto head = static_cast<std::int64_t>(at / exact.rows.size());
    RowError found{head / heads, head % heads, exact.rows[at % exact.rows.size()], 0,
                   exact.budgets[at].error};
    read_row(output, found.batch, found.head, found.query, row);
    Difference difference;
    bool overflowed = false;
    for (std::size_t c = 0; c < row.size(); ++c) {
      const double right = exact.output[at * row.size() + c];
      overflowed = overflowed || (std::isinf(row[c]) && std::isfinite(right));
      difference.add(static_cast<double>(row[c]), right);
      result.error.add(static_cast<double>(row[c]), right);
    }
    result.rows_overflowed += overflowed;
    found.error = difference.l2();
    if (std::isnan(found.error)) found.error = std::numeric_limits<double>::infinity();
    if (!(found.error <= found.budget)) ++result.rows_beyond;
    if (found.ratio() > result.worst.ratio() || result.determined_rows == 1) result.worst = found;
  }
  return result;
}

}  // namespace attnlab
