// One variant on one problem with seeded inputs, and what the tests ask of every engine.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "attnlab/core/problem.h"
#include "attnlab/core/tensor.h"
#include "attnlab/engines/engine.h"
#include "attnlab/oracle/output_error.h"
#include "attnlab/variants/variant.h"

namespace attnlab {

struct Case {
  Variant variant;
  Problem problem;
  Tensor q, k, v;
  ScoreWeights weights;

  Inputs inputs() const { return {q.view(), k.view(), v.view(), &weights}; }
};

/// Entries of Q and K have standard deviation `spread`, those of V 1.
Case make_case(const std::string& variant, const Shape& shape, DType dtype, int threads = 2,
               double spread = 1, std::uint64_t seed = 1);

struct Outcome {
  std::vector<float> output;  ///< (batch, heads, n_q, d_v)
  std::vector<RowStatistics> statistics;
};

/// Runs a fresh plan; checks that it took exactly the workspace that was predicted, the run included.
std::vector<float> run(const Engine& engine, const Case& given);
Outcome run_with_statistics(const Engine& engine, const Case& given);

/// What every row of a case's output should be in float64, and how far it may be off.
class Judge {
 public:
  /// By the library's oracle; or by an exact output (batch, heads, n_q, d_v) from elsewhere.
  explicit Judge(const Case& given);
  Judge(const Case& given, std::vector<double> exact);

  const std::vector<double>& exact() const { return exact_; }
  OutputError error(const std::vector<float>& output) const;
  /// Every row within its budget; the message says how many are not, which is the worst and by how much.
  ::testing::AssertionResult accepts(const std::vector<float>& output) const;

 private:
  Dims shape_;
  std::vector<std::int64_t> rows_;
  std::vector<double> exact_;
  std::vector<RowAllowance> budgets_;
};

std::vector<double> oracle_output(const Case& given);

/// Largest difference; infinite if one is NaN where the other is not.
double largest_difference(const std::vector<float>& output, const std::vector<double>& expected);

/// Engine tiled and engine onednn, less those that refuse the case.
std::vector<const Engine*> fast_engines(const Case& given);

}  // namespace attnlab
