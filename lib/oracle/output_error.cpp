#include "attnlab/oracle/output_error.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "attnlab/oracle/determined_rows.h"
#include "attnlab/oracle/oracle.h"

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

OutputError output_error(const Variant& variant, const Problem& problem, const Inputs& inputs,
                         const TensorView& output, std::span<const std::int64_t> rows,
                         std::span<const double> oracle) {
  const Shape& shape = problem.shape;
  const std::vector<double> textbook = output_rows<Textbook>(variant, problem, inputs, rows);
  const std::vector<bool> determined = determined_rows(variant, problem, inputs, rows);
  OutputError result;
  result.undetermined_rows = std::count(determined.begin(), determined.end(), false);
  result.determined_rows = static_cast<std::int64_t>(determined.size()) - result.undetermined_rows;
  Difference naive;
  std::vector<float> row(static_cast<std::size_t>(shape.head_dim_v));
  for (std::size_t at = 0; at < determined.size(); ++at) {
    if (!determined[at]) continue;
    const auto head = static_cast<std::int64_t>(at / rows.size());
    read_row(output, head / shape.heads, head % shape.heads, rows[at % rows.size()], row);
    for (std::size_t c = 0; c < row.size(); ++c) {
      const double exact = oracle[at * row.size() + c];
      result.error.add(static_cast<double>(row[c]), exact);
      naive.add(textbook[at * row.size() + c], exact);
    }
  }
  double largest = 0;
  for (const float value : read_all(inputs.v))
    if (std::isfinite(value)) largest = std::max(largest, std::abs(static_cast<double>(value)));
  result.budget_max_abs = 2 * naive.max_abs() + 4 * epsilon(problem.dtype) * largest;
  return result;
}

}  // namespace attnlab
