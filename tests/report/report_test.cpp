// What the report says of records: exponents, ratios, gates, and text that cannot break out of its format.
#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

#include "core/argument_error.h"
#include "harness/command.h"
#include "report/analysis.h"
#include "report/formats.h"
#include "report/load.h"

namespace attnlab {
namespace {

Json record(const std::string& backend, std::int64_t n, double time_ns, double workspace) {
  Json made =
      Json::parse(R"json({"schema": 1, "status": "ok", "reason": null, "warnings": [], "score": "scaled_dot",
    "modifiers": "", "pattern": "full", "normaliser": "softmax", "variant": "scaled_dot|softmax", "engine": "tiled",
    "cell": {"batch": 1, "heads": 1, "kv_heads": 1, "head_dim": 8, "head_dim_v": 8, "dtype": "f32", "threads": 1,
             "seed": 1, "score_weights": "", "rounds": 1, "min_time_s": 0.1},
    "input": {"name": "gaussian(1)"}, "work": {"flops": 1000},
    "error": {"max_abs": 1e-7, "relative_l2": 1e-7, "budget_max_abs": 1e-6, "within_budget": true, "rows": 4},
    "deviation": {"relative_l2": 0, "max_abs": 0, "exact_variant": "scaled_dot|softmax"},
    "dispersion": {"mean": {"entropy": 3.5}}, "heatmap": null,
    "machine": {"cpu": "CPU", "cores": 2, "level": "avx2", "onednn_version": "2.6.3", "onednn_level": "avx2", "path": "x"},
    "build": {"compiler": "GCC", "flags": "-O3", "type": "Release", "git_revision": "abc", "git_dirty": false},
    "started_at": "2026-01-01T00:00:00Z"
})json");
  made["backend"] = backend;
  made["cell"]["seqlen_q"] = made["cell"]["seqlen_k"] = n;
  made["time"]["median_ns"] = time_ns;
  made["memory"] = {
      {"workspace_bytes", workspace}, {"heap_peak_bytes", nullptr}, {"rss_delta_bytes", nullptr}};
  return made;
}

Table table(const std::vector<Table>& tables, const std::string& id) {
  for (const Table& candidate : tables)
    if (candidate.id == id) return candidate;
  throw std::runtime_error("no table " + id);
}

std::string cell(const Table& table, std::size_t row, const std::string& column) {
  for (std::size_t c = 0; c < table.columns.size(); ++c)
    if (table.columns[c] == column) return table.rows.at(row).at(c);
  throw std::runtime_error("no column " + column);
}

TEST(Analysis, ExponentsOfExactPowers) {
  EXPECT_NEAR(*fitted_exponent({{1024, 3 * 1024.0}, {2048, 3 * 2048.0}, {8192, 3 * 8192.0}}), 1, 1e-12);
  EXPECT_NEAR(*fitted_exponent({{10, 100}, {20, 400}, {40, 1600}}), 2, 1e-12);
  EXPECT_FALSE(fitted_exponent({{10, 100}, {20, 400}}));
  EXPECT_FALSE(fitted_exponent({{10, 100}, {10, 101}, {10, 102}}));
}

TEST(Analysis, RatiosToFullAreGatedByTheErrorBudget) {
  std::vector<Json> records{record("full", 64, 8e6, 4096), record("chunked", 64, 2e6, 1024),
                            record("window", 64, 1e6, 512), record("sparse", 128, 1e6, 512)};
  records[2]["error"]["within_budget"] = false;
  const std::vector<Table> tables = make_tables(records);
  const Table speed = table(tables, "speed");
  EXPECT_EQ(cell(speed, 0, "faster"), "1.00 x");
  EXPECT_EQ(cell(speed, 1, "faster"), "4.00 x");
  EXPECT_EQ(cell(speed, 1, "smaller"), "4.0 x");
  EXPECT_EQ(cell(speed, 2, "faster"), missing) << "outside its error budget";
  EXPECT_EQ(cell(speed, 3, "faster"), missing) << "no full cell of that length";
  EXPECT_EQ(cell(speed, 0, "heap peak"), missing) << "null is not 0";
  EXPECT_EQ(cell(table(tables, "error"), 2, "within"), "no");
}

TEST(Analysis, OtherCpusAreNotCompared) {
  std::vector<Json> records{record("full", 64, 8e6, 4096), record("chunked", 64, 2e6, 1024)};
  records[1]["machine"]["cpu"] = "another";
  EXPECT_EQ(cell(table(make_tables(records), "speed"), 1, "faster"), missing);
}

TEST(Analysis, FailuresAreListed) {
  std::vector<Json> records{record("full", 64, 8e6, 4096), record("full", 128, 8e6, 4096)};
  records[0]["status"] = "timeout";
  records[0]["reason"] = "stopped";
  records[1]["warnings"].push_back("NaN");
  const Table failures = table(make_tables(records), "failures");
  ASSERT_EQ(failures.rows.size(), 2U);
  EXPECT_EQ(cell(failures, 0, "reason"), "stopped");
  EXPECT_EQ(cell(failures, 1, "status"), "warning");
  EXPECT_EQ(table(make_tables(records), "speed").rows.size(), 1U);
}

TEST(Analysis, SeriesAreNamedByVariantWhereABackendHasSeveral) {
  std::vector<Json> records{record("chunked", 64, 1, 1), record("chunked", 64, 1, 1),
                            record("full", 64, 1, 1)};
  records[1]["variant"] = "scaled_dot|sparsemax";
  const SeriesNames names(records);
  EXPECT_EQ(names.of(records[1]), "chunked scaled_dot|sparsemax");
  EXPECT_EQ(names.of(records[2]), "full");
}

TEST(Formats, EscapeWhatTheirSyntaxWouldRead) {
  const std::vector<Table> tables{
      {"id", "a & b", {"x_1", "y"}, {false, true}, {{"a|b<script>", "5 % \"q\", 1"}, {"z", missing}}, ""}};
  EXPECT_NE(to_markdown(tables).find("a\\|b&lt;script>"), std::string::npos);
  EXPECT_NE(to_csv(tables).find("\"5 % \"\"q\"\", 1\""), std::string::npos);
  EXPECT_NE(to_csv(tables).find("z,\r\n"), std::string::npos) << "a missing value is empty";
  EXPECT_NE(to_latex(tables).find("a\\textbar{}b\\textless{}script\\textgreater{} & 5 \\%"),
            std::string::npos);
  EXPECT_NE(to_latex(tables).find("x\\_1"), std::string::npos);
  EXPECT_NE(to_html(tables[0]).find("a|b&lt;script&gt;"), std::string::npos);
}

TEST(Load, NamesFileAndLineOfWhatItCannotRead) {
  const TemporaryDirectory directory;
  const auto error = [&](const std::string& text) {
    write_file(directory / "records.jsonl", text);
    try {
      load_records(directory.path());
    } catch (const ArgumentError& refused) {
      return std::string(refused.what());
    }
    return std::string();
  };
  EXPECT_NE(error("").find("empty"), std::string::npos);
  EXPECT_NE(error("{\"schema\": 1}\n{\"sche\n").find("records.jsonl:2"), std::string::npos);
  EXPECT_NE(error("{\"schema\": 2}\n").find("schema 2"), std::string::npos);
  EXPECT_EQ(error("{\"schema\": 1}\n"), "");
}

TEST(Command, WritesEveryFormat) {
  const TemporaryDirectory directory;
  write_file(directory / "records.jsonl", record("full", 64, 8e6, 4096).dump() + "\n");
  const std::string run = directory.path().string();
  EXPECT_NE(command("report " + run + " --format md").out.find("| full |"), std::string::npos);
  EXPECT_NE(command("report " + run + " --format csv").out.find("full,64,f32"), std::string::npos);
  EXPECT_NE(command("report " + run + " --format latex").out.find("\\toprule"), std::string::npos);
  EXPECT_EQ(command("report " + run + " --format pdf").status, 2);
  EXPECT_EQ(command("report " + run).status, 0);
  EXPECT_GT(read_file(directory / "report.html").size(), 800000U);
  EXPECT_EQ(command("report " + run + " --out /nonexistent/r.html").status, 2);
}

}  // namespace
}  // namespace attnlab
