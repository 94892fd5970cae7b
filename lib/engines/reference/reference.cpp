#include "attnlab/engines/reference/reference.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "attnlab/dispersion/value_norms.h"
#include "attnlab/oracle/oracle.h"

namespace attnlab {

namespace {

class ReferencePlan final : public Plan {
 public:
  ReferencePlan(const Variant& variant, const Problem& problem) : variant_(variant), problem_(problem) {}

  void run(const Inputs& inputs, const MutableTensorView& output) override { run_rows(inputs, output, {}); }

  void run_with_statistics(const Inputs& inputs, const MutableTensorView& output,
                           std::span<RowStatistics> statistics) override {
    run_rows(inputs, output, statistics);
  }

  std::string path() const override { return "float64, row by row"; }

 private:
  void run_rows(const Inputs& inputs, const MutableTensorView& output,
                std::span<RowStatistics> statistics) const {
    const Shape& shape = problem_.shape;
#pragma omp parallel for num_threads(problem_.threads) schedule(dynamic)
    for (std::int64_t head = 0; head < shape.batch * shape.heads; ++head) {
      Oracle oracle(variant_, problem_, inputs);
      oracle.select(head / shape.heads, head % shape.heads);
      std::vector<double> row(static_cast<std::size_t>(shape.head_dim_v));
      std::vector<float> rounded(row.size());
      std::vector<double> norms;
      if (!statistics.empty())
        norms = value_norms(inputs.v, head / shape.heads, shape.kv_head(head % shape.heads));
      for (std::int64_t i = 0; i < shape.seqlen_q; ++i) {
        oracle.output(i, row);
        std::copy(row.begin(), row.end(), rounded.begin());
        write_row(output, head / shape.heads, head % shape.heads, i, rounded);
        if (statistics.empty()) continue;
        const std::span<const double> of_row = oracle.logits(i);
        const std::vector<double> logits(of_row.begin(), of_row.end());
        const std::span<const double> weights = oracle.weights(i);
        std::vector<double> visible_norms;
        for (const std::int64_t j : oracle.visible_keys())
          visible_norms.push_back(norms[static_cast<std::size_t>(j)]);
        statistics[static_cast<std::size_t>(head * shape.seqlen_q + i)] =
            row_statistics({logits, weights, visible_norms, oracle.visible_keys(), shape.position(i),
                            shape.sequence(i).begin});
      }
    }
  }

  Variant variant_;
  Problem problem_;
};

class ReferenceEngine final : public Engine {
 public:
  std::string_view name() const override { return "reference"; }
  std::string_view summary() const override { return "float64, row by row: the oracle"; }
  std::string_view source() const override { return "definitions of each member"; }
  std::optional<Refusal> refusal(const Variant&, const Problem&) const override { return std::nullopt; }

 private:
  /// The oracle is not timed against other engines: its vectors are on the heap, and it uses no workspace.
  std::unique_ptr<Plan> make_plan(const Variant& variant, const Problem& problem, Workspace&) const override {
    return std::make_unique<ReferencePlan>(variant, problem);
  }
};

}  // namespace

const Engine& reference_engine() {
  static const ReferenceEngine engine;
  return engine;
}

}  // namespace attnlab
