// A case: one variant on one problem with seeded inputs, and the checks for every engine.
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

/// Runs a new plan and checks that plan and run took exactly the predicted workspace.
std::vector<float> run(const Engine& engine, const Case& given);
Outcome run_with_statistics(const Engine& engine, const Case& given);

/// The exact output of a case in float64, and the error budget of every row.
class Judge {
 public:
  /// From the oracle of the library, or from an exact output (batch, heads, n_q, d_v) computed elsewhere.
  explicit Judge(const Case& given);
  Judge(const Case& given, std::vector<double> exact);

  const std::vector<double>& exact() const { return exact_.output; }
  OutputError error(const std::vector<float>& output) const;
  /// Whether every row is within its budget. The message has the number of rows that are not, and the worst
  /// row and its error.
  ::testing::AssertionResult accepts(const std::vector<float>& output) const;

 private:
  Dims shape_;
  ExactRows exact_;  ///< all rows
};

std::vector<double> oracle_output(const Case& given);

/// The largest difference; infinite if one is NaN and the other is not.
double largest_difference(const std::vector<float>& output, const std::vector<double>& expected);

/// Engines tiled and onednn, except those that refuse the case.
std::vector<const Engine*> fast_engines(const Case& given);

}  // namespace attnlab
