// A benchmark case: a variant on a problem with its inputs, planned and checked against the oracle.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "attnlab/core/problem.h"
#include "attnlab/core/tensor.h"
#include "attnlab/core/workspace.h"
#include "attnlab/engines/engine.h"
#include "attnlab/inputs/input_source.h"
#include "attnlab/oracle/output_error.h"

namespace attnlab {

class Case {
 public:
  /// `input`: as for InputSource::parse. Throws ArgumentError, and std::runtime_error if the engine refuses
  /// the variant.
  Case(const std::string& engine, const std::string& variant, const Problem& problem,
       const std::string& input);

  void run() { plan_->run(inputs(), output_.view()); }
  void run_with_statistics();

  /// Error of an output (batch, heads, seqlen_q, head_dim_v), row-major, on `rows` queries of each head.
  /// Throws std::runtime_error if it has another size.
  OutputError error_of(std::span<const float> output, std::int64_t rows) const;

  /// Throws std::runtime_error if the output of a run is outside its error budget on `rows` queries of each
  /// head.
  void check(std::int64_t rows);

  double flops() const;  ///< useful operations of all heads
  std::int64_t workspace_bytes() const { return workspace_->bytes(); }
  std::string path() const { return plan_->path(); }
  const Tensor& output() const { return output_; }

 private:
  Inputs inputs() const { return {tensors_.q.view(), tensors_.k.view(), tensors_.v.view(), &weights_}; }

  Variant variant_;
  Problem problem_;
  QkvTensors tensors_;
  ScoreWeights weights_;
  Tensor output_;
  std::unique_ptr<Workspace> workspace_ = std::make_unique<Workspace>();
  std::unique_ptr<Plan> plan_;
  std::vector<RowStatistics> statistics_;
};

}  // namespace attnlab
