#include "support/cases.h"

#include <fmt/format.h>

#include <stdexcept>

#include "attnlab/engines/registry.h"
#include "attnlab/oracle/oracle.h"

namespace attnlab {

namespace {

const Engine& require_engine(const std::string& name, const Variant& variant, const Problem& problem) {
  const Engine& engine = find_engine(name);
  if (const std::optional<Refusal> refusal = engine.refusal(variant, problem))
    throw std::runtime_error(refusal->reason);
  return engine;
}

}  // namespace

Case::Case(const std::string& engine, const std::string& variant, const Problem& problem,
           const std::string& input)
    : variant_(Variant::parse(variant)),
      problem_(problem),
      tensors_(InputSource::parse(input).make(problem, 1)),
      weights_(seeded_weights(weight_shapes(variant_, problem.shape), 1)),
      output_(problem.dtype, problem.shape.output()),
      plan_(require_engine(engine, variant_, problem).plan(variant_, problem, *workspace_)) {
  validate(inputs(), variant_, problem_);
}

void Case::run_with_statistics() {
  const Shape& shape = problem_.shape;
  statistics_.resize(static_cast<std::size_t>(shape.batch * shape.heads * shape.seqlen_q));
  plan_->run_with_statistics(inputs(), output_.view(), statistics_);
}

OutputError Case::error_of(std::span<const float> output, std::int64_t rows) const {
  const Dims shape = problem_.shape.output();
  const Dims strides{shape[1] * shape[2] * shape[3], shape[2] * shape[3], shape[3], 1};
  const TensorView view{reinterpret_cast<const std::byte*>(output.data()), DType::f32, shape, strides};
  if (std::ssize(output) != view.count())
    throw std::runtime_error(fmt::format("an output of {} numbers, not {}", output.size(), view.count()));
  return output_error(view,
                      exact_rows(variant_, problem_, inputs(), spread_rows(problem_.shape.seqlen_q, rows)));
}

void Case::check(std::int64_t rows) {
  run();
  const OutputError found = error_of(read_all(output_.view()), rows);
  if (!found.within_budget())
    throw std::runtime_error(
        fmt::format("{} of {} rows are beyond their error budget, the worst at {:.3g} of it",
                    found.rows_beyond, found.determined_rows, found.worst.ratio()));
}

double Case::flops() const {
  const Shape& shape = problem_.shape;
  return 2.0 * static_cast<double>(visible_pairs(variant_.pattern, shape) * shape.batch *
                                   (shape.head_dim + shape.head_dim_v));
}

}  // namespace attnlab
