#include "support/case.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>

#include "attnlab/engines/registry.h"
#include "attnlab/oracle/oracle.h"

namespace attnlab {

namespace {

void fill(Tensor& tensor, double spread, std::uint64_t seed) {
  std::mt19937_64 bits(seed);
  std::normal_distribution<float> normal;
  const MutableTensorView view = tensor.view();
  std::vector<float> row(static_cast<std::size_t>(view.shape[3]));
  for (std::int64_t b = 0; b < view.shape[0]; ++b)
    for (std::int64_t h = 0; h < view.shape[1]; ++h)
      for (std::int64_t i = 0; i < view.shape[2]; ++i) {
        std::generate(row.begin(), row.end(), [&] { return static_cast<float>(spread) * normal(bits); });
        write_row(view, b, h, i, row);
      }
}

/// Returns the output. `statistics` may be empty.
Tensor run_plan(const Engine& engine, const Case& given, std::span<RowStatistics> statistics) {
  Workspace workspace;
  const std::unique_ptr<Plan> plan = engine.plan(given.variant, given.problem, workspace);
  Tensor output(given.problem.dtype, given.problem.shape.output());
  if (statistics.empty())
    plan->run(given.inputs(), output.view());
  else
    plan->run_with_statistics(given.inputs(), output.view(), statistics);
  EXPECT_EQ(workspace.bytes(), engine.workspace_bytes(given.variant, given.problem));
  return output;
}

std::vector<std::int64_t> all_rows(const Case& given) {
  std::vector<std::int64_t> rows(static_cast<std::size_t>(given.problem.shape.seqlen_q));
  std::iota(rows.begin(), rows.end(), 0);
  return rows;
}

}  // namespace

Case make_case(const std::string& variant, const Shape& shape, DType dtype, int threads, double spread,
               std::uint64_t seed) {
  Case made{Variant::parse(variant),  {shape, dtype, threads},  Tensor(dtype, shape.q()),
            Tensor(dtype, shape.k()), Tensor(dtype, shape.v()), {}};
  validate(made.problem);
  fill(made.q, spread, 3 * seed);
  fill(made.k, spread, 3 * seed + 1);
  fill(made.v, 1, 3 * seed + 2);
  made.weights = seeded_weights(weight_shapes(made.variant, shape), seed);
  return made;
}

std::vector<float> run(const Engine& engine, const Case& given) {
  return read_all(run_plan(engine, given, {}).view());
}

Outcome run_with_statistics(const Engine& engine, const Case& given) {
  const Shape& shape = given.problem.shape;
  Outcome outcome;
  outcome.statistics.resize(static_cast<std::size_t>(shape.batch * shape.heads * shape.seqlen_q));
  outcome.output = read_all(run_plan(engine, given, outcome.statistics).view());
  return outcome;
}

Judge::Judge(const Case& given)
    : shape_(given.problem.shape.output()),
      exact_(exact_rows(given.variant, given.problem, given.inputs(), all_rows(given))) {}

Judge::Judge(const Case& given, std::vector<double> exact) : Judge(given) {
  exact_.output = std::move(exact);
}

OutputError Judge::error(const std::vector<float>& output) const {
  const TensorView view{reinterpret_cast<const std::byte*>(output.data()),
                        DType::f32,
                        shape_,
                        {shape_[1] * shape_[2] * shape_[3], shape_[2] * shape_[3], shape_[3], 1}};
  return output_error(view, exact_);
}

::testing::AssertionResult Judge::accepts(const std::vector<float>& output) const {
  const OutputError found = error(output);
  if (found.rows_beyond == 0) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure()
         << found.rows_beyond << " of " << found.determined_rows
         << " rows are beyond their error budget; batch " << found.worst.batch << " head " << found.worst.head
         << " query " << found.worst.query << " is off by " << found.worst.error << ", "
         << found.worst.ratio() << " x its budget";
}

std::vector<double> oracle_output(const Case& given) {
  return output_rows<Oracle>(given.variant, given.problem, given.inputs(), all_rows(given));
}

double largest_difference(const std::vector<float>& output, const std::vector<double>& expected) {
  double largest = 0;
  for (std::size_t at = 0; at < expected.size(); ++at) {
    const double value = static_cast<double>(output[at]);
    if (std::isnan(value) && std::isnan(expected[at])) continue;
    if (value == expected[at]) continue;
    const double difference = std::abs(value - expected[at]);
    largest =
        std::max(largest, std::isnan(difference) ? std::numeric_limits<double>::infinity() : difference);
  }
  return largest;
}

std::vector<const Engine*> fast_engines(const Case& given) {
  std::vector<const Engine*> running;
  for (const Engine* engine : engines())
    if (engine->name() != "reference" && !engine->refusal(given.variant, given.problem))
      running.push_back(engine);
  return running;
}

}  // namespace attnlab
