// The first screen of the report: what ran, the answer, the variants at the largest n, the badge; and the
// plots for papers.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "harness/command.h"
#include "records/formats.h"
#include "report/first_screen.h"
#include "report/made_records.h"

namespace attnlab {
namespace {

/// full takes 8 ms at n = 128, chunked 2 ms, entmax on sparse 1 ms and gives something up.
std::vector<Json> three_backends() {
  std::vector<Json> records;
  for (const std::int64_t n : {64, 128}) {
    const double time = n == 128 ? 1e6 : 0.25e6;
    records.push_back(record("full", n, 8 * time, 4096));
    records.push_back(record("chunked", n, 2 * time, 1024));
    records.push_back(record("sparse", n, time, 512));
    records.back()["variant"] = "scaled_dot|entmax(1.5)";
    records.back()["deviation"]["relative_l2"] = 0.125;
  }
  return records;
}

/// Gives the record `clean` clean samples and `disturbed` others; its figures use all if there are others.
void disturb(Json& record, int clean, int disturbed) {
  Json& time = record["time"];
  Json sample = whole_record().at("time").at("samples").at(0);
  sample["ns"] = time["median_ns"];
  time["samples"] = time["iterations"] = time["blocks"] = Json::array();
  time["contaminated"] = disturbed;
  for (int at = 0; at < clean + disturbed; ++at) {
    sample["block"] = at;
    sample["contaminated"] = at < clean ? Json::array() : Json{"preempted"};
    time["samples"].push_back(sample);
    time["iterations"].push_back(1);
    time["blocks"].push_back(at);
  }
  time["samples_ns"] = std::vector<double>(static_cast<std::size_t>(clean + disturbed), time["median_ns"]);
}

std::string answer_of(const std::vector<Json>& records) {
  const Subject made = subject(records);
  return make_answer(made, Against(made.records, made.baseline, made.floor()));
}

Table summary_of(const std::vector<Json>& records) { return table(make_tables(subject(records)), "summary"); }

TEST(FirstScreen, SaysWhatRanInTwoLines) {
  std::vector<Json> records = three_backends();
  records[0]["cell"]["threads"] = 2;
  const auto lines = what_ran(records);
  EXPECT_EQ(lines[0], "CPU, row code avx2, 1, 2 threads");
  EXPECT_EQ(lines[1], "scaled_dot; 1 heads, d 8, f32, n 64, 128, input gaussian(1)");
}

TEST(FirstScreen, AnswersInASentence) {
  std::vector<Json> records = three_backends();
  EXPECT_EQ(
      answer_of(records),
      "At n = 128 in f32, sparse is the fastest of 3: 1 ms, 8.00 × as fast as full (99 %: 8.00 … 8.00), "
      "with an output that is 0.125 from exact attention (relative L2). The fastest exact one is "
      "chunked: 2 ms, 4.00 × as fast as full (99 %: 4.00 … 4.00).");
  disturb(records[5], 2, 8);
  EXPECT_EQ(
      answer_of(records),
      "At n = 128 in f32, chunked is the fastest of 3: 2 ms, 4.00 × as fast as full (99 %: 4.00 … 4.00), "
      "with the exact answer. 1 of 6 cells is disturbed (too few clean samples; in italics): do not "
      "quote it.");
  for (Json& one : records) disturb(one, 0, 9);
  EXPECT_EQ(
      answer_of(records),
      "At n = 128 in f32, every one of the 3 cells was disturbed: no variant can be called the fastest. "
      "6 of 6 cells are disturbed (too few clean samples; in italics): do not quote them.");
  for (Json& one : records) one["status"] = "crashed";
  EXPECT_EQ(answer_of(records), "No cell has figures within their error budget.");
}

TEST(FirstScreen, NamesTheConditionOfItsAnswer) {
  std::vector<Json> records = three_backends();
  records.push_back(record("full", 128, 1, 1));
  records.back()["cell"]["head_dim"] = records.back()["cell"]["head_dim_v"] = 16;
  EXPECT_EQ(answer_of(records).find("At n = 128 in f32 and head dim 8, sparse is the fastest of 3"), 0U)
      << answer_of(records);
}

TEST(FirstScreen, GivesNoIntervalOfFewSamples) {
  std::vector<Json> records{record("full", 64, 8e6, 1), record("chunked", 64, 2e6, 1)};
  for (Json& one : records) one["time"]["samples_ns"] = std::vector<double>(5, one["time"]["median_ns"]);
  EXPECT_NE(answer_of(records).find("4.00 × as fast as full (exact rank test)"), std::string::npos)
      << answer_of(records);
  const Table speed = table(make_tables(subject(records)), "speed");
  EXPECT_EQ(cell(speed, 1, "99 % interval"), missing);
  EXPECT_EQ(at(speed, 1, "99 % interval").why, no_interval);
}

TEST(FirstScreen, DoesNotCallAWinnerThatIsNotToldApart) {
  std::vector<Json> records{record("full", 64, 8e6, 1), record("chunked", 64, 2e6, 1),
                            record("window", 64, 2.01e6, 1)};
  EXPECT_NE(answer_of(records).find("The next, window, is not told apart from it (SAME)."), std::string::npos)
      << answer_of(records);
  for (Json& one : records) one["time"]["samples_ns"] = {one["time"]["median_ns"]};
  EXPECT_EQ(answer_of(records).find("×"), std::string::npos)
      << "one sample gives no speed-up: " << answer_of(records);
}

TEST(FirstScreen, ShowsTheVariantsAtTheLargestLength) {
  std::vector<Json> records = three_backends();
  disturb(records[4], 2, 8);
  const Table summary = summary_of(records);
  EXPECT_EQ(summary.caption, "The variants at n = 128");
  ASSERT_EQ(summary.rows.size(), 3U);
  EXPECT_EQ(cell(summary, 0, "verdict"), "baseline");
  EXPECT_EQ(cell(summary, 1, "verdict"), "DISTURBED: 2 of 10 clean");
  EXPECT_EQ(cell(summary, 1, "speed-up"), missing);
  EXPECT_TRUE(summary.keys[1].doubtful);
  EXPECT_NE(to_html(summary).find("class=doubtful"), std::string::npos);
  EXPECT_EQ(cell(summary, 2, "variant"), "sparse");
  EXPECT_EQ(cell(summary, 2, "time"), "1 ms");
  EXPECT_EQ(cell(summary, 2, "speed-up"), "8.00 ×");
  EXPECT_EQ(cell(summary, 2, "verdict"), "FASTER");
  EXPECT_EQ(cell(summary, 2, "workspace"), "512 B");
  EXPECT_EQ(cell(summary, 2, "gives up"), "0.125");
  EXPECT_EQ(cell(summary, 0, "gives up"), "nothing");
  EXPECT_NE(summary.note.find("noise floor 2 % (assumed)"), std::string::npos) << summary.note;
  EXPECT_EQ(cell(summary, 2, "entropy"), "3.50");
  EXPECT_FALSE(summary.keys[2].doubtful);
  records[3]["status"] = "predicted_too_large";
  EXPECT_EQ(cell(summary_of(records), 0, "time"), "predicted_too_large");
}

TEST(FirstScreen, HasABadgeOfValidity) {
  const auto badge = [](std::vector<Json> records) {
    const Subject made = subject(std::move(records));
    return make_badge(made, table(make_tables(made), "validity"));
  };
  std::vector<Json> records = three_backends();
  EXPECT_NE(badge(records).text.find("Caution: noise floor and "), std::string::npos) << badge(records).text;
  EXPECT_TRUE(badge(records).caution);
  disturb(records[0], 0, 9);
  EXPECT_EQ(badge(records).text, "Disturbed: 1 of 6 cells");
  Table ok{"validity", "", {{"check", "check"}}, {{TableCell("noise floor"), TableCell("ok")}}, ""};
  const Subject made = subject(three_backends());
  EXPECT_EQ(make_badge(made, ok).text, "Valid: no check calls for caution");
  EXPECT_FALSE(make_badge(made, ok).caution);
}

/// Writes a run with these records.
std::string write_run(const TemporaryDirectory& directory, const std::vector<Json>& records) {
  std::string lines;
  for (Json one : records) {
    if (!one["time"].contains("samples")) disturb(one, 8, 0);
    Json whole = whole_record();
    // The lists by head of the whole record have as many entries as its heads.
    for (const char* size : {"batch", "heads", "kv_heads"}) one["cell"][size] = whole["cell"][size];
    whole.update(one, true);
    whole["schema"] = 3;
    lines += whole.dump() + "\n";
  }
  std::filesystem::create_directories(directory / "run");
  write_file(directory / "run/records.jsonl", lines);
  return (directory / "run").string();
}

TEST(Plot, IsAPictureOfItsWidthInEachFormat) {
  const TemporaryDirectory directory;
  std::vector<Json> records = three_backends();
  disturb(records[4], 2, 8);
  const std::string run = write_run(directory, records);
  const auto plot = [&](const std::string& options, const std::string& name) {
    const Result result = command("plot " + run + " " + options + " --out " + (directory / name).string());
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_NE(result.out.find("1 disturbed cells"), std::string::npos) << result.out;
    return read_file(directory / name);
  };
  const std::string svg = plot("--chart time --width 3.3in", "a.svg");
  EXPECT_NE(svg.find("width=\"316.8"), std::string::npos) << svg.substr(0, 300);
  const std::string pdf = plot("--width 83.82mm", "b.pdf");
  EXPECT_EQ(pdf.substr(0, 5), "%PDF-");
  EXPECT_NE(pdf.find("/MediaBox [ 0 0 237.6"), std::string::npos) << "3.3 inches in points";
  EXPECT_EQ(plot("--width 6in", "c.png").substr(1, 3), "PNG");
  EXPECT_NE(plot("--width 6in", "d.svg"), svg);
}

TEST(Plot, RefusesWhatItCannotDraw) {
  const TemporaryDirectory directory;
  std::vector<Json> records = three_backends();
  const std::string out = " --out " + (directory / "a.pdf").string();
  const auto refusal = [&](const std::string& options) {
    const Result result = command("plot " + write_run(directory, records) + " " + options);
    EXPECT_EQ(result.status, 2) << options;
    return result.err;
  };
  EXPECT_NE(refusal("--out a.gif").find(".pdf"), std::string::npos);
  EXPECT_NE(refusal("--chart tme" + out).find("time"), std::string::npos);
  EXPECT_NE(refusal("--dtype bf16" + out).find("f32"), std::string::npos);
  EXPECT_NE(refusal("--width 3.3" + out).find("mm"), std::string::npos);
  EXPECT_NE(refusal("--chart needle_weight" + out).find("needle_weight"), std::string::npos);
  records[0]["cell"]["threads"] = 2;
  EXPECT_NE(refusal(out).find("--under chooses one: threads 2; threads 1"), std::string::npos)
      << refusal(out);
  EXPECT_NE(refusal("--under 'threads 3'" + out).find("threads 2"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(directory / "a.pdf"));
  EXPECT_EQ(command("plot " + write_run(directory, records) + " --under 'threads 1'" + out).status, 0);
}

TEST(ReportTables, AreOneAFileInCsv) {
  const TemporaryDirectory directory;
  const std::string run = write_run(directory, three_backends());
  const Result time = command("report " + run + " --format csv --table time");
  ASSERT_EQ(time.status, 0) << time.err;
  EXPECT_EQ(time.out.find("variant,n,dtype,time_median_ns,"), 0U) << time.out;
  EXPECT_EQ(std::count(time.out.begin(), time.out.end(), '\n'), 7);
  EXPECT_EQ(command("report " + run + " --format csv").status, 2) << "several tables in one file";
  ASSERT_EQ(command("report " + run + " --format csv --out " + (directory / "csv").string()).status, 0);
  EXPECT_EQ(read_file(directory / "csv/time.csv"), time.out);
  const Result pivot = command("report " + run + " --format latex --table time --pivot n");
  EXPECT_NE(pivot.out.find("n & full & chunked & sparse"), std::string::npos) << pivot.out;
  EXPECT_EQ(command("report " + run + " --format latex --pivot n").status, 2);
  EXPECT_EQ(command("report " + run + " --table time").status, 2);
  EXPECT_NE(command("report " + run + " --format md --table tme").err.find("time"), std::string::npos);
  const Result baseline = command("report " + run + " --format md --table speed --baseline chunked");
  EXPECT_NE(baseline.out.find("Time and memory against chunked"), std::string::npos) << baseline.out;
  EXPECT_EQ(command("report " + run + " --format md --baseline chunkt").status, 2);
}

}  // namespace
}  // namespace attnlab
