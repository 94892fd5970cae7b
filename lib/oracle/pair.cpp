#include "attnlab/oracle/pair.h"

#include "attnlab/oracle/oracle.h"

namespace attnlab {

PairRows compare_rows(const PairSide& side, const PairSide& baseline, const Problem& problem,
                      std::span<const std::int64_t> rows) {
  const Shape& shape = problem.shape;
  const auto width = static_cast<std::size_t>(shape.head_dim_v);
  const std::size_t count = static_cast<std::size_t>(shape.batch * shape.heads) * rows.size();
  PairRows result{std::vector<double>(count * width), std::vector<double>(count * width),
                  std::vector<RowDivergence>(count)};
#pragma omp parallel for num_threads(problem.threads) schedule(dynamic)
  for (std::int64_t head = 0; head < shape.batch * shape.heads; ++head) {
    Oracle q(side.variant, problem, side.inputs);
    Oracle p(baseline.variant, problem, baseline.inputs);
    q.select(head / shape.heads, head % shape.heads);
    p.select(head / shape.heads, head % shape.heads);
    for (std::size_t t = 0; t < rows.size(); ++t) {
      const std::size_t row = static_cast<std::size_t>(head) * rows.size() + t;
      q.output(rows[t], std::span(result.output).subspan(row * width, width));
      p.output(rows[t], std::span(result.baseline_output).subspan(row * width, width));
      result.divergences[row] =
          row_divergence({q.visible_keys(), q.output_weights()}, {p.visible_keys(), p.output_weights()});
    }
  }
  return result;
}

}  // namespace attnlab
