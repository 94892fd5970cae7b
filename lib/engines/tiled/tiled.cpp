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

 private:
  std::unique_ptr<Plan> make_plan(const Variant& variant, const Problem& problem,
                                  Workspace& workspace) const override {
    // Every product runs in one task. Planned for more threads, oneDNN would split it differently.
    const OpenMpThreads one(1);
    switch (variant.normaliser.kind()) {
      case NormaliserKind::online:
        return suits_split_plan(variant, problem) ? make_split_plan(variant, problem, workspace)
                                                  : make_online_plan(variant, problem, workspace);
      case NormaliserKind::elementwise:
        return make_elementwise_plan(variant, problem, workspace);
      case NormaliserKind::row_threshold:
        return make_threshold_plan(variant, problem, workspace);
      case NormaliserKind::full_row:
        break;
    }
    return make_full_row_plan(variant, problem, workspace);
  }
};

}  // namespace

const Engine& tiled_engine() {
  static const TiledEngine engine;
  return engine;
}

}  // namespace attnlab
