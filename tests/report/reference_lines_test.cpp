// Reference lines beside measured curves.
#include <gtest/gtest.h>

#include <cmath>

#include "attnlab/dispersion/laws.h"
#include "report/reference_lines.h"

namespace attnlab {
namespace {

Json record(const std::string& variant, const std::string& input, std::int64_t n) {
  return {{"status", "ok"},
          {"backend", "chunked"},
          {"variant", variant},
          {"input", {{"name", input}}},
          {"cell", {{"seqlen_q", 64}, {"seqlen_k", n}, {"cu_seqlens", ""}}},
          {"machine", Json::object()}};
}

const ReferenceLine* line(const std::vector<ReferenceLine>& lines, std::size_t condition,
                          const std::string& chart, const std::string& label) {
  for (const ReferenceLine& one : lines)
    if (one.condition == condition && one.chart == chart && one.label == label) return &one;
  return nullptr;
}

TEST(ReferenceLines, AreTheLawsOfTheInput) {
  const std::vector<Json> records{
      record("scaled_dot|softmax", "gaussian(3)", 1 << 20), record("scaled_dot|softmax", "gaussian(3)", 1024),
      record("scaled_dot|entmax(1.5)", "gaussian(3)", 512), record("scaled_dot|softmax", "needle(6)", 1024)};
  const std::vector<ReferenceLine> lines = reference_lines(records);
  const ReferenceLine* entropy = line(lines, 0, "entropy", "law");
  ASSERT_TRUE(entropy);
  ASSERT_EQ(entropy->points.size(), 2U) << "one a length of softmax, in order";
  EXPECT_EQ(entropy->points[0].first, 1024);
  EXPECT_NEAR(entropy->points[0].second, std::log(1024) - 4.5, 1e-12);
  EXPECT_FALSE(line(lines, 0, "participation", "law")) << "it holds at none of these lengths";
  const ReferenceLine* uniform = line(lines, 0, "entropy", "uniform");
  ASSERT_TRUE(uniform);
  EXPECT_EQ(uniform->points.size(), 3U) << "one a length, whatever variant";
  const ReferenceLine* needle = line(lines, 1, "needle_weight", "law");
  ASSERT_TRUE(needle);
  EXPECT_EQ(needle->points[0].second, *needle_law(1024, 6).needle_weight);
}

TEST(ReferenceLines, TheBoundIsThatOfTheExactVariant) {
  std::vector<Json> records{record("scaled_dot|causal|entmax(1.5)", "npy:heads", 1024),
                            record("scaled_dot|causal|softmax", "npy:heads", 1024)};
  for (Json& one : records) {
    one["deviation"] = {{"exact_variant", "scaled_dot|causal|softmax"}};
    one["dispersion"]["mean"] = {{"entropy", 2.0}, {"sharpness", 5.0}, {"reachable_sharpness", 9.0}};
  }
  records[1]["dispersion"]["mean"] = {{"entropy", 6.0}, {"sharpness", 1.0}, {"reachable_sharpness", 3.0}};
  const std::vector<ReferenceLine> lines = reference_lines(records);
  const ReferenceLine* bound = line(lines, 0, "entropy", "bound");
  ASSERT_TRUE(bound);
  EXPECT_EQ(bound->points, (std::vector<std::pair<std::int64_t, double>>{{1024, 4.0}}));
  records[1]["dispersion"]["mean"]["reachable_sharpness"] = 20.0;
  EXPECT_EQ(line(reference_lines(records), 0, "entropy", "bound")->points[0].second, 0.0);
  records.pop_back();
  EXPECT_FALSE(line(reference_lines(records), 0, "entropy", "bound")) << "the exact variant did not run";
}

TEST(ReferenceLines, HaveNoLawOfWhatTheyDoNotKnow) {
  for (const auto& [variant, input] :
       {std::pair("scaled_dot|causal|softmax", "gaussian(1)"),
        std::pair("scaled_dot|sparsemax", "gaussian(1)"), std::pair("dot|softmax", "needle(6)"),
        std::pair("scaled_dot|softmax", "npy:heads"), std::pair("scaled_dot|softmax", "made elsewhere")})
    EXPECT_FALSE(line(reference_lines({record(variant, input, 1024)}), 0, "entropy", "law")) << variant;
}

}  // namespace
}  // namespace attnlab
