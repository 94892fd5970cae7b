#include "engines/reference/output_error.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "engines/reference/oracle.h"

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
  OutputError result;
  Difference naive;
  std::vector<float> row(static_cast<std::size_t>(shape.head_dim_v));
  std::size_t at = 0;
  for (std::int64_t head = 0; head < shape.batch * shape.heads; ++head)
    for (const std::int64_t i : rows) {
      read_row(output, head / shape.heads, head % shape.heads, i, row);
      for (const float value : row) {
        result.error.add(static_cast<double>(value), oracle[at]);
        naive.add(textbook[at], oracle[at]);
        ++at;
      }
    }
  double largest = 0;
  for (const float value : read_all(inputs.v))
    if (std::isfinite(value)) largest = std::max(largest, std::abs(static_cast<double>(value)));
  result.budget_max_abs = 2 * naive.max_abs() + 4 * epsilon(problem.dtype) * largest;
  return result;
}

}  // namespace attnlab
