#include "attnlab/engines/engine.h"

namespace attnlab {

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

std::unique_ptr<Plan> Engine::plan(const Variant& variant, const Problem& problem,
                                   Workspace& workspace) const {
  workspace.reserve(workspace_bytes(variant, problem));
  return make_plan(variant, problem, workspace);
}

}  // namespace attnlab
