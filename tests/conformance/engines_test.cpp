// Every engine x variant x dtype against the float64 oracle at awkward sizes, by the derived error budget.
// ATTNLAB_ISA sets the level of the process (support/main.cpp).
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "attnlab/core/isa.h"
#include "attnlab/engines/product_choice.h"
#include "attnlab/engines/registry.h"
#include "conformance/table.h"
#include "support/case.h"
#include "support/forced_products.h"

namespace attnlab {
namespace {

class Engines : public ::testing::TestWithParam<std::string> {};

TEST_P(Engines, AgreeWithTheOracle) {
  const ProductsOfTheLevel products;
  std::int64_t shapes = 0;
  for (const Shape& shape : awkward_shapes) {
    if (!fits(Variant::parse(GetParam()), shape)) continue;
    ++shapes;
    for (const DType dtype : {DType::f32, DType::bf16, DType::f16}) {
      if (!isa_level_is_forced() && dtype != DType::bf16) continue;
      // f16 differs from bf16 without bf16 products only in loading and storing, so some shapes are enough.
      if (dtype == DType::f16 && shape.head_dim % 8 == 0 && shape.seqlen_q != 127) continue;
      const Case given = make_case(GetParam(), shape, dtype);
      const Judge judge(given);
      for (const Engine* engine : fast_engines(given)) {
        SCOPED_TRACE(::testing::Message()
                     << engine->name() << ' ' << GetParam() << ' ' << to_string(dtype) << " n_q "
                     << shape.seqlen_q << " n_k " << shape.seqlen_k << " d " << shape.head_dim);
        EXPECT_TRUE(judge.accepts(run(*engine, given)));
      }
    }
  }
  EXPECT_GE(shapes, 1);
}

INSTANTIATE_TEST_SUITE_P(Variants, Engines, ::testing::ValuesIn(variants()), [](const auto& test) {
  std::string name = test.param;
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  return std::to_string(test.index) + "_" + name;
});

TEST(Refusals, AreFewAndKnown) {
  // A case that an engine refuses is not tested on that engine.
  const Problem problem{{1, 2, 1, 17, 17, 8, 8}, DType::f32, 1};
  for (const std::string& name : variants()) {
    const Variant variant = Variant::parse(name);
    EXPECT_FALSE(find_engine("tiled").refusal(variant, problem)) << name;
    EXPECT_EQ(find_engine("onednn").refusal(variant, problem).has_value(),
              variant.score.kind() == ScoreKind::pairwise || has_factors(variant))
        << name;
  }
}

std::string path(const char* variant, const Shape& shape) {
  const Case given = make_case(variant, shape, DType::bf16);
  Workspace workspace;
  return find_engine("tiled").plan(given.variant, given.problem, workspace)->path();
}

TEST(Path, NamesWhatIsMultiplied) {
  const std::string as_f32 = "bf16 storage, f32 products and accumulation";
  const Shape square{1, 1, 1, 64, 64, 16, 16};
  EXPECT_EQ(path("scaled_dot|softmax", square),
            has_fast_bf16_products() ? "bf16 products, f32 accumulation" : as_f32);
  for (const char* normaliser : {"softmax", "sigmoid", "entmax(1.5)", "oscarmax(0.1)"})
    EXPECT_EQ(path(("additive|" + std::string(normaliser)).c_str(), square), as_f32) << normaliser;
  EXPECT_EQ(path("scaled_dot|softmax", {1, 1, 1, 1, 4096, 16, 16}),
            has_fast_bf16_products() && bf16_products() == Bf16Products::row_code
                ? "bf16 products, f32 accumulation"
                : as_f32)
      << "keys are split";
}

TEST(ScaleOfInputs, LargeAndSmallLogitsStayWithinTheBudget) {
  for (const char* name : {"scaled_dot|causal|softmax", "scaled_dot|entmax(1.5)", "scaled_dot|sparsemax"}) {
    for (const double spread : {0.0, 1e-3, 0.3, 3.0, 30.0}) {
      for (const DType dtype : {DType::f32, DType::bf16}) {
        const Case given = make_case(name, {1, 1, 1, 90, 800, 64, 64}, dtype, 2, spread);
        const Judge judge(given);
        for (const Engine* engine : fast_engines(given)) {
          SCOPED_TRACE(::testing::Message()
                       << engine->name() << ' ' << name << ' ' << spread << ' ' << to_string(dtype));
          EXPECT_TRUE(judge.accepts(run(*engine, given)));
        }
      }
    }
  }
}

}  // namespace
}  // namespace attnlab
