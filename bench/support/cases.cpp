#include "support/cases.h"

#include <fmt/format.h>

#include <stdexcept>

#include "attnlab/engines/registry.h"
#include "attnlab/oracle/oracle.h"
#include "attnlab/oracle/output_error.h"

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
      tensors_(Input::parse(input).make(problem, 1)),
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

void Case::check(std::int64_t rows) {
  run();
  const std::vector<std::int64_t> checked = spread_rows(problem_.shape.seqlen_q, rows);
  const auto oracle = output_rows<Oracle>(variant_, problem_, inputs(), checked);
  const OutputError found = output_error(variant_, problem_, inputs(), output_.view(), checked, oracle);
  if (!found.within_budget())
    throw std::runtime_error(
        fmt::format("error {:.2g} is beyond its budget {:.2g}", found.error.max_abs(), found.budget_max_abs));
}

double Case::flops() const {
  const Shape& shape = problem_.shape;
  return 2.0 * static_cast<double>(visible_pairs(variant_.pattern, shape) * shape.batch * shape.heads *
                                   (shape.head_dim + shape.head_dim_v));
}

}  // namespace attnlab
