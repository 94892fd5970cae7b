// The page: its size, no content from elsewhere, no text of records as markup.
#include <gtest/gtest.h>

#include <cmath>

#include "records/analysis.h"
#include "report/made_records.h"
#include "report/page.h"

namespace attnlab {
namespace {

/// The largest record of a cell: all samples, every head, a map.
Json full_record(const std::string& backend, const std::string& variant, std::int64_t n,
                 const std::string& dtype, bool map) {
  const double time = 1e3 * std::pow(static_cast<double>(n), 1.7);
  Json made = record(backend, n, time, 977.0 * static_cast<double>(n));
  made["variant"] = variant;
  made["cell"]["dtype"] = dtype;
  made["time"]["low_ns"] = 0.98 * time;
  made["time"]["high_ns"] = 1.02 * time;
  made["time"]["samples"] = Json::array();
  for (int at = 0; at < 32; ++at) {
    made["time"]["samples"].push_back(
        {{"block", at}, {"ns", time * (1 + 0.001 * at)}, {"iterations", 3}, {"contaminated", Json::array()}});
    if (at % 7 == 0) made["time"]["samples"].back()["contaminated"].push_back("preempted");
  }
  made["memory"]["workspace_predicted_bytes"] = made["memory"]["workspace_bytes"];
  for (const char* name : {"entropy", "normalised_entropy", "participation_ratio", "max_weight", "sink_mass",
                           "window_mass", "mean_distance", "support"}) {
    made["dispersion"]["mean"][name] = 1.23456789012345 * std::log(static_cast<double>(n));
    for (int head = 0; head < 16; ++head)
      made["dispersion"]["per_head"][name].push_back(1.23456789012345 + 0.1 * head * static_cast<double>(n));
  }
  if (!map) return made;
  made["heatmap"] = {{"n", n}, {"bins", 128}, {"head", 0}};
  std::vector<std::vector<double>> weights(128, std::vector<double>(128));
  for (std::size_t row = 0; row < 128; ++row)
    for (std::size_t column = 0; column <= row; ++column)
      weights[row][column] = 1 + std::sin(static_cast<double>(row * column + variant.size()));
  made["heatmap"]["variant"] = made["heatmap"]["exact"] = weights;
  return made;
}

TEST(Page, OfFiveHundredCellsIsUnderThreeMegabytes) {
  std::vector<Json> records;
  for (int variant = 0; variant < 25; ++variant)
    for (std::int64_t n = 128; n < 128 << 10; n *= 2)
      for (const char* dtype : {"f32", "bf16"}) {
        const std::string backend = variant == 0 ? "full" : variant == 1 ? "chunked" : "sparse";
        records.push_back(full_record(backend,
                                      variant < 2
                                          ? "scaled_dot|softmax"
                                          : "scaled_dot|causal|entmax(1." + std::to_string(variant) + ")",
                                      n, dtype, n == 4096 && dtype == std::string("f32")));
      }
  ASSERT_EQ(records.size(), 500U);
  const std::string page = make_page("five hundred", subject(records));
  EXPECT_LT(page.size(), 3000000U);
  EXPECT_NE(page.find("heatmap-"), std::string::npos);
}

TEST(Page, HasAPolicyAndNoAddress) {
  const std::string page = make_page("t", subject({record("full", 64, 8e6, 4096)}));
  EXPECT_NE(page.find("Content-Security-Policy\" content=\"default-src 'none'; script-src 'nonce-"),
            std::string::npos);
  for (const char* remote : {"src=\"http", "href=\"http", "src='http", "url(http", "@import"})
    EXPECT_EQ(page.substr(0, page.find("<script")).find(remote), std::string::npos) << remote;
}

TEST(Page, NoTextOfARecordIsMarkup) {
  const std::string hostile = "</script><script>alert(1)</script>";
  std::vector<Json> records{record("full", 64, 8e6, 4096), record("full", 128, 8e6, 4096)};
  records[0]["variant"] = records[0]["input"]["name"] = records[0]["cell"]["dtype"] = hostile;
  records[0]["machine"]["cpu"] = records[0]["build"]["git_revision"] = hostile;
  records[0]["deviation"]["exact_variant"] = "other";
  records[0]["heatmap"] = {{"n", 64}, {"bins", 1}, {"head", 0}, {"variant", {{1.0}}}, {"exact", {{1.0}}}};
  records[1]["status"] = "crashed";
  records[1]["reason"] = hostile;
  records[0]["warnings"].push_back(hostile);
  const std::string page = make_page(hostile, subject(records));
  EXPECT_EQ(page.find("<script>alert"), std::string::npos);
  EXPECT_NE(page.find("\\u003c/script>"), std::string::npos) << "in the model";
  EXPECT_NE(page.find("&lt;/script&gt;"), std::string::npos) << "in tables";
}

}  // namespace
}  // namespace attnlab
