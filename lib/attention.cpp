#include "attnlab/attention.h"

#include <omp.h>

#include "attnlab/core/argument_error.h"
#include "attnlab/core/workspace.h"
#include "attnlab/engines/registry.h"
#include "attnlab/variants/inputs.h"

namespace attnlab {

namespace {

Problem problem_of(const AttentionOptions& options) {
  const auto or_default = [](std::int64_t given, std::int64_t unset) { return given == 0 ? unset : given; };
  Problem problem{{options.batch, options.heads, or_default(options.kv_heads, options.heads), options.seqlen,
                   or_default(options.seqlen_k, options.seqlen), options.head_dim,
                   or_default(options.head_dim_v, options.head_dim)},
                  options.dtype,
                  options.threads == 0 ? omp_get_max_threads() : options.threads};
  if (!options.cu_seqlens.empty())
    problem.shape.cu_seqlens = std::make_shared<const std::vector<std::int64_t>>(options.cu_seqlens);
  return problem;
}

}  // namespace

struct Attention::State {
  Variant variant;
  Problem problem;
  ScoreWeights weights;
  Workspace workspace;
  std::unique_ptr<Plan> plan;

  Inputs inputs(const TensorView& q, const TensorView& k, const TensorView& v) const {
    return {q, k, v, &weights};
  }
};

Attention::Attention(std::string_view variant, const AttentionOptions& options)
    : state_(std::make_unique<State>(
          State{Variant::parse(variant), problem_of(options), options.weights, {}, nullptr})) {
  validate(state_->problem);
  validate(state_->variant, state_->problem.shape);
  validate(state_->weights, weight_shapes(state_->variant, state_->problem.shape), name());
  const Engine& engine = find_engine(options.engine);
  if (const auto refusal = engine.refusal(state_->variant, state_->problem))
    throw ArgumentError("variant", name(), "engine " + std::string(engine.name()) + " cannot run it",
                        refusal->reason);
  state_->plan = engine.plan(state_->variant, state_->problem, state_->workspace);
}

Attention::Attention(Attention&&) noexcept = default;
Attention& Attention::operator=(Attention&&) noexcept = default;
Attention::~Attention() = default;

void Attention::operator()(const TensorView& q, const TensorView& k, const TensorView& v,
                           const MutableTensorView& output) {
  state_->plan->run(state_->inputs(q, k, v), output);
}

std::vector<RowStatistics> Attention::statistics(const TensorView& q, const TensorView& k,
                                                 const TensorView& v, const MutableTensorView& output) {
  const Shape& shape = state_->problem.shape;
  std::vector<RowStatistics> rows(static_cast<std::size_t>(shape.batch * shape.heads * shape.seqlen_q));
  state_->plan->run_with_statistics(state_->inputs(q, k, v), output, rows);
  return rows;
}

const Variant& Attention::variant() const { return state_->variant; }
std::string Attention::name() const { return state_->variant.name(); }
const Problem& Attention::problem() const { return state_->problem; }
std::int64_t Attention::workspace_bytes() const { return state_->workspace.bytes(); }
std::string Attention::path() const { return state_->plan->path(); }
std::optional<FilterCounts> Attention::filter_counts() const { return state_->plan->filter_counts(); }

}  // namespace attnlab
