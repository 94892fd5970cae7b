// Every engine x variant x shape x dtype takes the workspace that its closed formula says, to the byte,
// packed sequences included, and takes none of it in a run.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "attnlab/engines/registry.h"
#include "conformance/table.h"
#include "support/case.h"

namespace attnlab {
namespace {

/// Each shape as it is, and those of one length packed: three sequences, one of them empty.
std::vector<Shape> shapes_and_packed() {
  std::vector<Shape> shapes(std::begin(awkward_shapes), std::end(awkward_shapes));
  for (const Shape& shape : awkward_shapes) {
    if (shape.seqlen_q != shape.seqlen_k || shape.seqlen_q < 3) continue;
    const std::int64_t n = shape.seqlen_q;
    shapes.push_back(shape);
    shapes.back().cu_seqlens =
        std::make_shared<const std::vector<std::int64_t>>(std::vector<std::int64_t>{0, n / 3, n / 3, n});
  }
  return shapes;
}

class Workspaces : public ::testing::TestWithParam<std::string> {};

TEST_P(Workspaces, AreTheFormula) {
  const Variant variant = Variant::parse(GetParam());
  for (const Shape& shape : shapes_and_packed())
    for (const DType dtype : {DType::f32, DType::bf16, DType::f16})
      for (const int threads : {1, 3})
        for (const Engine* engine : engines()) {
          const Problem problem{shape, dtype, threads};
          if (engine->refusal(variant, problem)) continue;
          Workspace workspace;
          engine->plan(variant, problem, workspace);
          EXPECT_EQ(workspace.bytes(), engine->workspace_bytes(variant, problem))
              << engine->name() << ' ' << to_string(dtype) << " n_q " << shape.seqlen_q << " n_k "
              << shape.seqlen_k << " d " << shape.head_dim << ", " << threads << " threads"
              << (shape.cu_seqlens ? ", packed" : "");
        }
}

INSTANTIATE_TEST_SUITE_P(Variants, Workspaces, ::testing::ValuesIn(variants()));

}  // namespace
}  // namespace attnlab
