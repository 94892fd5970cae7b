// What a sweep prints: the table with intervals and shares of clean samples, its last line, and what would
// disturb it.
#include <gtest/gtest.h>

#include <string>

#include "report/made_records.h"
#include "sweep/conditions.h"
#include "sweep/terminal.h"

namespace attnlab {
namespace {

/// A record with these numbers of clean and disturbed samples; its figures use all if fewer than eight are
/// clean.
Json with_samples(Json record, int clean, int disturbed) {
  Json& time = record["time"];
  time["low_ns"] = 0.9 * time["median_ns"].get<double>();
  time["high_ns"] = 1.1 * time["median_ns"].get<double>();
  time["samples"] = Json::array();
  for (int at = 0; at < clean + disturbed; ++at)
    time["samples"].push_back({{"block", at},
                               {"ns", time["median_ns"]},
                               {"contaminated", at < clean ? Json::array() : Json{"preempted"}}});
  time["samples_ns"] =
      std::vector<double>(static_cast<std::size_t>(clean < 8 ? clean + disturbed : clean), time["median_ns"]);
  return record;
}

std::string printed(const std::vector<Json>& records) {
  ::testing::internal::CaptureStdout();
  print_table(records);
  return ::testing::internal::GetCapturedStdout();
}

TEST(Terminal, EveryRowHasItsIntervalAndItsShareOfCleanSamples) {
  const std::vector<Json> records{with_samples(record("full", 64, 8e6, 4096), 9, 1),
                                  with_samples(record("chunked", 64, 2e6, 1024), 0, 9),
                                  with_samples(record("window", 64, 1e6, 1024), 3, 0)};
  const std::string text = printed(records);
  EXPECT_NE(text.find("8 ms  7.2 ms - 8.8 ms   9 of 10          1"), std::string::npos) << text;
  EXPECT_NE(text.find("2 ms  1.8 ms - 2.2 ms  0 of 9 !  DISTURBED"), std::string::npos) << text;
  EXPECT_NE(text.find("3 of 3 !     8.00 x"), std::string::npos) << text;
  EXPECT_NE(text.find("speed-up against full"), std::string::npos) << text;
  EXPECT_EQ(text.find("\033"), std::string::npos) << "no terminal";
}

TEST(Terminal, SaysWhetherTheNoiseFloorWasMeasured) {
  const Json cell = with_samples(record("full", 64, 8e6, 4096), 9, 0);
  const auto twin = [&](int clean, int disturbed) {
    Json made = with_samples(record("full", 64, 8e6, 4096), clean, disturbed);
    made["cell"]["twin"] = true;
    return made;
  };
  EXPECT_NE(printed({cell, twin(9, 0)}).find("noise floor 1.0 %, from 1 A/A pair\n"), std::string::npos);
  EXPECT_NE(
      printed({cell, twin(0, 9)}).find("noise floor not measured, since the A/A pairs were disturbed; 2 %"),
      std::string::npos);
}

TEST(Terminal, LastLineCountsWhatIsNotToBeQuoted) {
  const Json clean = with_samples(record("full", 64, 8e6, 4096), 9, 1);
  const Json none = with_samples(record("chunked", 64, 2e6, 1024), 0, 9);
  const Json some = with_samples(record("window", 64, 2e6, 1024), 2, 9);
  const Json few = with_samples(record("sparse", 64, 2e6, 1024), 3, 0);
  EXPECT_EQ(disturbed_line({clean}), "");
  EXPECT_EQ(disturbed_line({clean, none}), "1 of 2 cells have no clean sample; do not quote these\n");
  EXPECT_EQ(disturbed_line({clean, none, some, few}),
            "2 of 4 cells have too few clean samples, 1 of them none; do not quote these\n");
  EXPECT_EQ(disturbed_line({clean, few}),
            "! fewer than 8 clean samples give no 99 % interval: 1 of 2 cells\n");
}

TEST(Terminal, SaysBeforeASweepWhatWouldDisturbIt) {
  EXPECT_FALSE(disturbing_load(0.1));
  EXPECT_FALSE(disturbing_load(std::nullopt));
  EXPECT_EQ(disturbing_load(4.071).value_or(""), "load average 4.07: other programs are running");
}

}  // namespace
}  // namespace attnlab
