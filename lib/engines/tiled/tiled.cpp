#include "attnlab/engines/tiled/tiled.h"

#include "attnlab/engines/openmp_threads.h"
#include "attnlab/engines/tiled/plans.h"

namespace attnlab {

namespace {

class TiledEngine final : public Engine {
 public:
  std::string_view name() const override { return "tiled"; }
  std::string_view summary() const override { return "tiles of queries and keys in O(n) memory"; }
  std::string_view source() const override {
    return "Dao et al., arXiv:2205.14135; Rabe and Staats, arXiv:2112.05682";
  }

  std::optional<Refusal> refusal(const Variant& variant, const Problem&) const override {
    if (variant.normaliser.kind() == NormaliserKind::elementwise && has_factors(variant))
      return Refusal{modifiers_name(variant.modifiers) + " is applied after " + variant.normaliser.name() +
                     ", an elementwise normaliser; use engine reference"};
    return std::nullopt;
  }

  std::int64_t workspace_bytes(const Variant& variant, const Problem& problem) const override {
    const OpenMpThreads one(1);
    return driver(variant, problem).workspace_bytes(variant, problem);
  }

  std::unique_ptr<Plan> plan(const Variant& variant, const Problem& problem,
                             Workspace& workspace) const override {
    // Every product runs inside one task; planned for more threads, oneDNN would cut it differently.
    const OpenMpThreads one(1);
    const Driver chosen = driver(variant, problem);
    workspace.reserve(chosen.workspace_bytes(variant, problem));
    return chosen.plan(variant, problem, workspace);
  }

 private:
  struct Driver {
    std::int64_t (*workspace_bytes)(const Variant&, const Problem&);
    std::unique_ptr<Plan> (*plan)(const Variant&, const Problem&, Workspace&);
  };

  static Driver driver(const Variant& variant, const Problem& problem) {
    switch (variant.normaliser.kind()) {
      case NormaliserKind::online:
        if (suits_split_plan(variant, problem)) return {split_workspace_bytes, make_split_plan};
        return {online_workspace_bytes, make_online_plan};
      case NormaliserKind::elementwise:
        return {elementwise_workspace_bytes, make_elementwise_plan};
      case NormaliserKind::row_threshold:
        return {threshold_workspace_bytes, make_threshold_plan};
      case NormaliserKind::full_row:
        break;
    }
    return {full_row_workspace_bytes, make_full_row_plan};
  }
};

}  // namespace

const Engine& tiled_engine() {
  static const TiledEngine engine;
  return engine;
}

}  // namespace attnlab
