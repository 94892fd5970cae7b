// The workspace of an engine is known to the byte before a run, for every engine x variant x shape x dtype,
// packed sequences included. It is predicted without allocating, includes all memory that grows with the
// sequence, and a run allocates nothing.
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "attnlab/core/isa.h"
#include "attnlab/engines/product_choice.h"
#include "attnlab/engines/registry.h"
#include "attnlab/measure/heap.h"
#include "conformance/table.h"
#include "support/case.h"

namespace attnlab {
namespace {

/// Every shape, and the shapes with as many queries as keys also as three packed sequences, one of them
/// empty.
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

TEST_P(Workspaces, AreWhatWasPredicted) {
  const Variant variant = Variant::parse(GetParam());
  for (const Shape& shape : shapes_and_packed())
    for (const DType dtype : {DType::f32, DType::bf16, DType::f16})
      for (const int threads : {1, 3})
        for (const Engine* engine : engines()) {
          const Problem problem{shape, dtype, threads};
          if (!fits(variant, shape) || engine->refusal(variant, problem)) continue;
          Workspace workspace;
          engine->plan(variant, problem, workspace);
          EXPECT_EQ(workspace.bytes(), engine->workspace_bytes(variant, problem))
              << engine->name() << ' ' << to_string(dtype) << " n_q " << shape.seqlen_q << " n_k "
              << shape.seqlen_k << " d " << shape.head_dim << ", " << threads << " threads"
              << (shape.cu_seqlens ? ", packed" : "");
        }
}

INSTANTIATE_TEST_SUITE_P(Variants, Workspaces, ::testing::ValuesIn(variants()));

/// A variant for each plan of engine tiled: online, online with factors, elementwise, row_threshold (with
/// 8-bit products if the level has them), full_row. Few queries use the split plan.
const std::string variant_of_each_plan[] = {
    "scaled_dot|causal|softmax", "scaled_dot|local_p(90)+adaptive_temperature|causal|softmax",
    "scaled_dot|causal|sigmoid(0)", "scaled_dot|causal|entmax(1.5)", "scaled_dot|causal|topk_softmax(8)"};

/// Peak growth of the heap during `function`.
template <class Function>
std::int64_t heap_taken(Function function) {
  const std::int64_t before = *heap_bytes();
  reset_heap_peak();
  function();
  return *heap_peak_bytes() - before;
}

TEST(Workspace, IsPredictedWithoutMemory) {
  if (!heap_bytes()) GTEST_SKIP() << "a sanitizer owns the heap";
  // The matrices of engine onednn are 4 TiB, more than any test machine has.
  const Problem problem{{1, 64, 64, 131072, 131072, 64, 64}, DType::f32, 2};
  for (const std::string& name : variant_of_each_plan)
    for (const Engine* engine : {&find_engine("onednn"), &find_engine("tiled")}) {
      const Variant variant = Variant::parse(name);
      if (engine->refusal(variant, problem)) continue;
      std::int64_t bytes = engine->workspace_bytes(variant, problem);  // oneDNN caches its first primitives
      const std::int64_t taken = heap_taken([&] { bytes = engine->workspace_bytes(variant, problem); });
      EXPECT_LT(taken, bytes / 100) << engine->name() << ' ' << name;
    }
}

/// The heap that a second run takes; the first one starts threads.
std::int64_t heap_of_run(const Engine& engine, const Case& given) {
  Workspace workspace;
  const std::unique_ptr<Plan> plan = engine.plan(given.variant, given.problem, workspace);
  Tensor output(given.problem.dtype, given.problem.shape.output());
  const auto run = [&] { plan->run(given.inputs(), output.view()); };
  run();
  return heap_taken(run);
}

TEST(Workspace, OfEngineTiledHoldsAllThatARunNeeds) {
  if (!heap_bytes()) GTEST_SKIP() << "a sanitizer owns the heap";
  force_bf16_products(Bf16Products::row_code);  // oneDNN takes memory of its own for each product
  std::vector<std::string> names(std::begin(variant_of_each_plan), std::end(variant_of_each_plan));
  for (const char* of_many_ranges :
       {"scaled_dot|strided(9)|softmax", "scaled_dot|bigbird(16,3,1,4)|softmax",
        "scaled_dot|dilated(9,3)|sigmoid(0)", "scaled_dot|fixed(20,3)|entmax(1.5)",
        "scaled_dot|causal&!dilated(30,2)|topk_softmax(8)",
        "scaled_dot|((window(3)|chunk_local(30))&!window(40,2)|sink(2)&causal|window(9,300))|softmax"})
    names.emplace_back(of_many_ranges);
  for (const std::string& name : names)
    for (const Shape& shape : {Shape{1, 2, 1, 700, 900, 16, 16}, Shape{1, 2, 1, 7, 4200, 16, 16}})
      for (const DType dtype : {DType::f32, DType::bf16})
        EXPECT_EQ(heap_of_run(find_engine("tiled"), make_case(name, shape, dtype)), 0)
            << name << ' ' << to_string(dtype) << ' ' << shape.seqlen_q;
  force_bf16_products(std::nullopt);
}

TEST(Workspace, OfEngineOnednnHoldsAllThatGrowsWithTheSequence) {
  if (!heap_bytes()) GTEST_SKIP() << "a sanitizer owns the heap";
  if (isa_level() == IsaLevel::baseline)
    GTEST_SKIP() << "oneDNN's products for SSE4.1 take buffers of their own";
  for (const std::string& name : variant_of_each_plan) {
    const Engine& engine = find_engine("onednn");
    const Case shorter = make_case(name, {1, 1, 1, 256, 256, 16, 16}, DType::f32, 1);
    const Case longer = make_case(name, {1, 1, 1, 1024, 1024, 16, 16}, DType::f32, 1);
    if (engine.refusal(shorter.variant, shorter.problem)) continue;
    // The allocator rounds the same small blocks up to other sizes; a float for each further key is more.
    EXPECT_LT(heap_of_run(engine, longer) - heap_of_run(engine, shorter), (1024 - 256) * 4) << name;
  }
}

}  // namespace
}  // namespace attnlab
