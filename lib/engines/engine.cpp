#include "attnlab/engines/engine.h"

#include <utility>
#include <vector>

#include "attnlab/core/argument_error.h"

namespace attnlab {

namespace {

/// Validates the arguments of each call, then runs the plan of the engine.
class CheckedPlan final : public Plan {
 public:
  CheckedPlan(const Variant& variant, const Problem& problem, std::unique_ptr<Plan> plan)
      : problem_(problem),
        name_(variant.name()),
        weights_(weight_shapes(variant, problem.shape)),
        plan_(std::move(plan)) {}

  void run(const Inputs& inputs, const MutableTensorView& output) override {
    check(inputs, output);
    plan_->run(inputs, output);
  }

  void run_with_statistics(const Inputs& inputs, const MutableTensorView& output,
                           std::span<RowStatistics> statistics) override {
    check(inputs, output);
    const Shape& shape = problem_.shape;
    const auto rows = static_cast<std::size_t>(shape.batch * shape.heads * shape.seqlen_q);
    if (statistics.size() != rows)
      throw ArgumentError("statistics", std::to_string(statistics.size()) + " elements",
                          "not the number of rows", std::to_string(rows));
    plan_->run_with_statistics(inputs, output, statistics);
  }

  std::optional<FilterCounts> filter_counts() const override { return plan_->filter_counts(); }
  std::string path() const override { return plan_->path(); }

 private:
  void check(const Inputs& inputs, const MutableTensorView& output) const {
    validate_tensors(inputs, problem_);
    validate(weights_of(inputs), weights_, name_);
    validate_output(output, inputs, problem_);
  }

  const Problem problem_;
  const std::string name_;
  const std::vector<WeightShape> weights_;
  const std::unique_ptr<Plan> plan_;
};

}  // namespace

std::unique_ptr<Plan> Engine::plan(const Variant& variant, const Problem& problem,
                                   Workspace& workspace) const {
  validate(variant, problem.shape);
  workspace.reserve(workspace_bytes(variant, problem));
  return std::make_unique<CheckedPlan>(variant, problem, make_plan(variant, problem, workspace));
}

FilterCounts& FilterCounts::operator+=(const FilterCounts& other) {
  rows += other.rows;
  approximated_rows += other.approximated_rows;
  appended += other.appended;
  passed += other.passed;
  support += other.support;
  solves += other.solves;
  whole_rows += other.whole_rows;
  return *this;
}

std::int64_t Engine::workspace_bytes(const Variant& variant, const Problem& problem) const {
  Workspace measuring = Workspace::measuring();
  make_plan(variant, problem, measuring);
  return measuring.bytes();
}

}  // namespace attnlab
