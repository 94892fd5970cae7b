// One variant on one problem with seeded inputs, and what the tests ask of every engine.
#pragma once

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

/// By the lib's own account, over all rows but those that rounding leaves undetermined. `oracle` of all rows.
OutputError error_of_run(const Engine& engine, const Case& given, const std::vector<double>& oracle);

/// What an engine may differ from float64: 2 x the textbook's error + 4 eps max|V|.
double error_budget(const Case& given, const std::vector<double>& oracle);

std::vector<double> oracle_output(const Case& given);

/// Largest difference; infinite if one is NaN where the other is not.
double largest_difference(const std::vector<float>& output, const std::vector<double>& expected);

/// Engine tiled and engine onednn, less those that refuse the case.
std::vector<const Engine*> fast_engines(const Case& given);

}  // namespace attnlab
