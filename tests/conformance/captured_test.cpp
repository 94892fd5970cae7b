// Statistics of Q, K and V captured from a real model, compared with values computed elsewhere in float64:
// for a slice in this folder, and for the whole data if they are beside the checkout (../shared/data).
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "attnlab/dispersion/summary.h"
#include "attnlab/engines/registry.h"
#include "attnlab/inputs/input_source.h"

namespace attnlab {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

DispersionSummary measure(const std::string& prefix, const std::string& variant_name,
                          const char* engine_name) {
  const InputSource input = InputSource::parse("npy:" + prefix);
  const CapturedShape sizes = *input.captured_shape();
  const Problem problem{{sizes.batch, sizes.heads, sizes.kv_heads, sizes.seqlen_q, sizes.seqlen_k,
                         sizes.head_dim, sizes.head_dim_v},
                        DType::f32,
                        2};
  const QkvTensors tensors = input.make(problem, 0);
  const Variant variant = Variant::parse(variant_name);
  Workspace workspace;
  const std::unique_ptr<Plan> plan = find_engine(engine_name).plan(variant, problem, workspace);
  Tensor output(DType::f32, problem.shape.output());
  std::vector<RowStatistics> rows(static_cast<std::size_t>(sizes.batch * sizes.heads * sizes.seqlen_q));
  plan->run_with_statistics({tensors.q.view(), tensors.k.view(), tensors.v.view(), nullptr}, output.view(),
                            rows);
  return summarise(rows, sizes.heads);
}

void expect_statistics(const fs::path& directory, const char* engine) {
  const json reference = json::parse(std::ifstream(directory / "reference_statistics.json"));
  for (const auto& [layer, heads] : reference.at("heads").items()) {
    const std::string prefix = (directory / layer).string();
    const DispersionSummary softmax = measure(prefix, "causal|softmax", engine);
    const DispersionSummary entmax = measure(prefix, "causal|entmax(1.5)", engine);
    const DispersionSummary sparsemax = measure(prefix, "causal|sparsemax", engine);
    ASSERT_EQ(softmax.per_head.size(), heads.size());
    for (std::size_t head = 0; head < heads.size(); ++head) {
      SCOPED_TRACE(::testing::Message() << engine << ' ' << layer << " head " << head);
      for (std::size_t s = 0; s < statistic_names.size(); ++s) {
        const std::string name(statistic_names[s]);
        if (name == "support" || !heads[head].contains(name)) continue;
        const double wanted = heads[head].at(name);
        EXPECT_NEAR(softmax.per_head[head][s], wanted, 1e-6 * wanted) << name;
      }
      const auto support = static_cast<std::size_t>(Statistic::support);
      EXPECT_NEAR(entmax.per_head[head][support], heads[head].at("entmax15_support"),
                  1e-3 * heads[head].at("entmax15_support").get<double>());
      EXPECT_NEAR(sparsemax.per_head[head][support], heads[head].at("sparsemax_support"),
                  1e-3 * heads[head].at("sparsemax_support").get<double>());
    }
  }
}

fs::path source() {
  const char* const directory = std::getenv("ATTNLAB_SOURCE");
  return directory ? directory : ".";
}

TEST(Captured, ASliceOfARealModel) {
  for (const char* engine : {"reference", "onednn", "tiled"})
    expect_statistics(source() / "tests/conformance/captured", engine);
}

TEST(Captured, WholeHeadsOfARealModel) {
  const fs::path directory = source() / "../shared/data/smollm2-135m";
  if (!fs::exists(directory)) GTEST_SKIP() << directory << " is not there";
  expect_statistics(directory, "tiled");
}

}  // namespace
}  // namespace attnlab
