// Sweeps as users run them: records, statuses, limits, help.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <sstream>
#include <thread>

#include "attnlab/dispersion/divergence.h"
#include "attnlab/inputs/npy.h"
#include "harness/command.h"
#include "sweep/prediction.h"

namespace attnlab {
namespace {

using nlohmann::json;

TEST(Pace, PredictsByTheWorkOfShorterCellsThatDifferInNothingElse) {
  const auto cell = [](const char* engine, const char* variant, std::int64_t seqlen) {
    Cell made;
    made.engine = engine;
    made.variant = Variant::parse(variant);
    made.problem.shape = {1, 2, 2, seqlen, seqlen, 16, 16};
    return made;
  };
  Pace pace;
  const double second = 1e9;  // ns
  EXPECT_EQ(pace.predict(cell("tiled", "softmax", 1000)), 0) << "no such cell ran";
  pace.learn(cell("tiled", "softmax", 1000), second);
  pace.learn(cell("tiled", "causal|softmax", 1000), second);
  pace.learn(cell("onednn", "causal|softmax", 1000), second);
  EXPECT_NEAR(pace.predict(cell("tiled", "softmax", 2000)), 4, 1e-9);
  EXPECT_NEAR(pace.predict(cell("tiled", "causal|softmax", 2000)), 4 * 2001.0 / 2002, 1e-9)
      << "2000 x 2001 / 2 visible pairs over 1000 x 1001 / 2";
  EXPECT_NEAR(pace.predict(cell("onednn", "causal|softmax", 2000)), 4, 1e-9) << "it computes all pairs";
  Cell wider = cell("tiled", "softmax", 2000);
  wider.problem.shape.head_dim = 32;
  EXPECT_EQ(pace.predict(wider), 0);
  EXPECT_EQ(predict(wider, {3, std::int64_t{1} << 40}, 2).at("status"), "");
  EXPECT_EQ(predict(wider, {3, std::int64_t{1} << 40}, 4).at("status"), "predicted_too_slow");
  EXPECT_EQ(predict(wider, {3, 1000}, 2).at("status"), "predicted_too_large");
}

TEST(Sweep, EveryCellIsARecord) {
  const TemporaryDirectory directory;
  const std::string out = (directory / "run").string();
  const Result result = command(
      "sweep --backend full,chunked,window,sparse --pattern causal --seqlen 64:256:x2 --dtype f32,bf16" +
      short_rounds + "--out " + out);
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.out.find("records.jsonl"), std::string::npos);
  const std::vector<json> list = records(directory / "run");
  ASSERT_EQ(list.size(), 24U);
  for (const json& record : list) {
    EXPECT_EQ(record.at("schema"), 3);
    EXPECT_EQ(record.at("status"), "ok");
    EXPECT_EQ(record.at("time").at("samples_ns").size(), 2U);
    EXPECT_GT(record.at("time").at("median_ns"), 0);
    EXPECT_EQ(record.at("memory").at("workspace_bytes"), record.at("memory").at("workspace_predicted_bytes"));
    EXPECT_TRUE(record.at("error").at("within_budget").get<bool>());
    for (const char* name : {"entropy", "normalised_entropy", "participation_ratio", "max_weight",
                             "sink_mass", "window_mass", "mean_distance", "support"})
      EXPECT_EQ(record.at("dispersion").at("per_head").at(name).size(), 2U);
    const double ln_n = std::log(record.at("cell").at("seqlen_q").get<double>());
    EXPECT_LE(record.at("dispersion").at("mean").at("entropy"), ln_n);
  }
  const json run = json::parse(read_file(directory / "run/run.json"));
  EXPECT_EQ(run.at("cells"), 25);  // one of an A/A pair
}

TEST(Sweep, ConfigurationFileGivesWayToTheCommandLine) {
  const TemporaryDirectory directory;
  write_file(
      directory / "c.cfg",
      "# comment\nseqlen = 64,128\nrounds = 3\nmax-rounds = 3\nretries = 0\nmin-time = 0.001\nheads=1\n");
  const Result result = command("sweep --config " + (directory / "c.cfg").string() + " --seqlen 32 --out " +
                                (directory / "run").string());
  ASSERT_EQ(result.status, 0) << result.err;
  const std::vector<json> list = records(directory / "run");
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0].at("cell").at("seqlen_q"), 32);
  EXPECT_EQ(list[0].at("time").at("samples_ns").size(), 3U);
}

TEST(Sweep, FilterAndDryRun) {
  const TemporaryDirectory directory;
  const Result result =
      command("sweep --backend chunked,window,sparse --seqlen 64 --filter 'window|entmax' --dry-run --out " +
              (directory / "run").string());
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.out.find("2 cells"), std::string::npos) << result.out;
  EXPECT_FALSE(std::filesystem::exists(directory / "run"));
}

TEST(Sweep, RefusalsAndPredictionsAreRecords) {
  const TemporaryDirectory directory;
  const Result result = command(
      "sweep --backend full,chunked --score 'additive(8),scaled_dot' --seqlen 2048 --memory-limit 36M" +
      short_rounds + "--out " + (directory / "run").string());
  EXPECT_EQ(result.status, 0) << result.err;
  const std::vector<json> list = records(directory / "run");
  ASSERT_EQ(list.size(), 4U);
  EXPECT_EQ(list[0].at("status"), "refused");
  EXPECT_NE(list[0].at("reason").get<std::string>().find("additive(8)"), std::string::npos);
  EXPECT_TRUE(list[0].at("time").is_null());
  EXPECT_EQ(list[1].at("status"), "predicted_too_large");
  EXPECT_EQ(list[2].at("status"), "ok");
  EXPECT_EQ(list[3].at("status"), "ok");
}

TEST(Sweep, TimeLimitStopsTheCellAndTheSweepGoesOn) {
  const TemporaryDirectory directory;
  const Result result = command(
      "sweep --variant 'additive(512)|softmax,window(1)|softmax' --seqlen 16384 --rounds 1 --max-rounds 1 "
      "--min-time 0.001 --heads 1 --time-limit 5 --out " +
      (directory / "run").string());
  EXPECT_EQ(result.status, 3);
  // Records are in the order in which cells ended, which is random.
  std::map<std::string, json> by_status;
  for (const json& record : records(directory / "run")) by_status[record.at("status")] = record;
  ASSERT_EQ(by_status.size(), 2U);
  ASSERT_TRUE(by_status.contains("timeout") && by_status.contains("ok"));
  EXPECT_NE(by_status["timeout"].at("reason").get<std::string>().find("5 s"), std::string::npos);
}

TEST(Run, JsonIsTheRecordAndNothingElse) {
  const Result result = command("run --seqlen 100 --json" + short_rounds);
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.err, "");
  EXPECT_EQ(std::count(result.out.begin(), result.out.end(), '\n'), 1);
  EXPECT_EQ(json::parse(result.out).at("cell").at("seqlen_k"), 100);
}

TEST(Run, SavesTheOutput) {
  const TemporaryDirectory directory;
  const std::string file = (directory / "o.npy").string();
  ASSERT_EQ(
      command("run --seqlen 48 --seqlen-k 60 --batch 2 --head-dim-v 20 --save-output " + file + short_rounds)
          .status,
      0);
  const std::string npy = read_file(file);
  EXPECT_NE(npy.find("(2, 2, 48, 20,)"), std::string::npos);
  EXPECT_EQ(npy.size() % 64, (2 * 2 * 48 * 20 * 4) % 64);
}

TEST(Run, NonFiniteInputRunsAndTheRecordSaysSo) {
  const TemporaryDirectory directory;
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 16, 4), }";
  header.append(117 - header.size(), ' ');
  for (const char* which : {"q", "k", "v"}) {
    std::vector<float> values(64, 0.25F);
    if (which[0] == 'k') values[10] = std::nanf("");
    if (which[0] == 'v') values[63] = INFINITY;
    write_file(directory / (std::string("x_") + which + ".npy"),
               std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(118) + '\0' + header + '\n' +
                   std::string(reinterpret_cast<const char*>(values.data()), 256));
  }
  for (const char* backend : {"full", "chunked", "sparse"}) {
    const Result result = command("run --json --pattern causal --input npy:" + (directory / "x").string() +
                                  " --backend " + backend + " --rounds 1 --max-rounds 1 --min-time 0.001");
    ASSERT_EQ(result.status, 0) << result.err;
    const json record = json::parse(result.out);
    EXPECT_EQ(record.at("input").at("nonfinite"), 2);
    EXPECT_NE(record.at("warnings").dump().find("2 NaN or infinite values"), std::string::npos);
    EXPECT_TRUE(record.at("error").at("within_budget").get<bool>()) << backend;
  }
}

TEST(Run, OtherNamesOfTypesAndSizes) {
  const auto cell = [](const std::string& options) {
    const Result result = command("run --json " + options + short_rounds);
    EXPECT_EQ(result.status, 0) << result.err;
    return json::parse(result.out).at("cell");
  };
  for (const auto& [name, dtype] : std::map<std::string, std::string>{
           {"fp32", "f32"}, {"float32", "f32"}, {"bfloat16", "bf16"}, {"fp16", "f16"}, {"half", "f16"}})
    EXPECT_EQ(cell("--seqlen 16 --dtype " + name).at("dtype"), dtype);
  EXPECT_EQ(cell("--seqlen 1k").at("seqlen_q"), 1024);
  EXPECT_EQ(cell("--seqlen 1K:1k:x2").at("seqlen_q"), 1024);
}

TEST(Run, DoubtsAreWarnings) {
  const TemporaryDirectory directory;
  const auto write = [&](const std::vector<std::int64_t>& queries, const std::vector<std::int64_t>& keys) {
    for (const char* which : {"q", "k", "v"}) {
      const std::vector<std::int64_t>& shape = which[0] == 'q' ? queries : keys;
      const std::int64_t count = shape[0] * shape[1] * shape[2];
      write_npy("test", directory / ("x_" + std::string(which) + ".npy"), shape,
                std::vector<float>(static_cast<std::size_t>(count), 0.5F));
    }
  };
  const std::string input = "--input npy:" + (directory / "x").string();
  const auto expect_warning = [&](const std::string& options, const std::string& warning, bool expected) {
    const Result run = command("run --json --rounds 1 --max-rounds 1 --min-time 0.001 " + options);
    ASSERT_EQ(run.status, 0) << run.err;
    EXPECT_EQ(json::parse(run.out).at("warnings").dump().find(warning) != std::string::npos, expected)
        << run.out;
    const Result sweep = command("sweep --rounds 1 --max-rounds 1 --min-time 0.001 --out " +
                                 (directory / "run").string() + " " + options);
    EXPECT_EQ(sweep.err.find(warning) != std::string::npos, expected) << sweep.err;
    std::filesystem::remove_all(directory / "run");
  };
  write({32, 4, 8}, {32, 4, 8});
  expect_warning(input, "x has 32 heads of 4 rows: the arrays may be (n, heads, d)", true);
  write({32, 1, 8}, {32, 64, 8});
  expect_warning(input, "heads of", false);
  const std::string many = std::to_string(4 * std::thread::hardware_concurrency());
  expect_warning("--seqlen 16 --threads " + many, many + " threads share", true);
  expect_warning("--seqlen 16 --threads 1", "threads share", false);
}

TEST(Run, ThreadsThatRanAreRecorded) {
  const auto record = [](const std::string& environment) {
    const Result result = command("run --json --seqlen 64 --threads 2" + short_rounds, environment);
    EXPECT_EQ(result.status, 0) << result.err;
    return json::parse(result.out);
  };
  const std::string warning = "only 1 of 2 threads ran";
  const json both = record("");
  EXPECT_EQ(both.at("machine").at("threads"), 2);
  EXPECT_EQ(both.at("warnings").dump().find(warning), std::string::npos) << both.at("warnings");
  const json one = record("OMP_THREAD_LIMIT=1");
  EXPECT_EQ(one.at("machine").at("threads"), 1);
  EXPECT_NE(one.at("warnings").dump().find(warning), std::string::npos) << one.at("warnings");
}

TEST(Run, IsaIsForcedThroughTheEnvironment) {
  const Result result = command("run --json --seqlen 64" + short_rounds, "ATTNLAB_ISA=baseline");
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(json::parse(result.out).at("machine").at("level"), "baseline");
  EXPECT_EQ(json::parse(result.out).at("machine").at("onednn_level"), "sse41");
  EXPECT_EQ(command("run --seqlen 64", "ATTNLAB_ISA=avx1024").status, 2);
  const Result unset = command("run --json --seqlen 64" + short_rounds, "ATTNLAB_ISA=");
  ASSERT_EQ(unset.status, 0) << "an empty variable is as good as none: " << unset.err;
  EXPECT_EQ(json::parse(unset.out).at("machine").at("level"),
            json::parse(command("run --json --seqlen 64" + short_rounds, "env -u ATTNLAB_ISA").out)
                .at("machine")
                .at("level"));
}

TEST(List, ShowsEveryTableAsTextAndAsJson) {
  const Result text = command("list");
  EXPECT_EQ(text.status, 0);
  for (const char* name :
       {"full", "tiled", "additive", "softcap", "chunk_local", "bigbird(16,3,1,2)", "per_head(",
        "causal&(sink(4)|window(1020)) ", "StreamingLLM", "entmax", "needle", "arXiv:1905.05702"})
    EXPECT_NE(text.out.find(name), std::string::npos) << name;
  const json list = json::parse(command("list --json").out);
  EXPECT_EQ(list.at("backends").size(), 4U);
  EXPECT_EQ(list.at("engines").size(), 3U);
  EXPECT_EQ(command("list modifiers").out.find("entmax"), std::string::npos);
}

TEST(List, StatisticsAreThoseOfTheSchemaAndOfRecords) {
  const auto cell_text = [](std::string_view text) {
    std::string escaped;
    for (const char c : text) escaped += c == '|' ? std::string("\\|") : std::string(1, c);
    return escaped;
  };
  std::ifstream stream(std::string(std::getenv("ATTNLAB_SOURCE")) + "/results/SCHEMA.md");
  const std::string schema{std::istreambuf_iterator<char>(stream), {}};
  const Result result = command("run --json --normaliser 'entmax(1.5)' --seqlen 200" + short_rounds);
  ASSERT_EQ(result.status, 0) << result.err;
  const json dispersion = json::parse(result.out).at("dispersion");
  const auto expect_row = [&](const StatisticInfo& info) {
    EXPECT_NE(schema.find("| `" + std::string(info.name) + "` | " + cell_text(info.unit) + " | " +
                          cell_text(info.formula) + " | " + cell_text(info.meaning) + " |"),
              std::string::npos)
        << info.name;
  };
  std::for_each(divergence_infos.begin(), divergence_infos.end(), expect_row);
  for (const StatisticInfo& info : statistic_infos) {
    const std::string name(info.name);
    expect_row(info);
    EXPECT_TRUE(dispersion.at("mean").at(name).is_number()) << name;
    EXPECT_EQ(dispersion.at("per_head").at(name).size(), 2U) << name;
  }
  EXPECT_EQ(dispersion.at("mean").size(), statistic_infos.size());
  // 200 keys: distances up to 199, the ninth bucket.
  const auto mass = dispersion.at("distance_mass").at("mean").get<std::vector<double>>();
  EXPECT_EQ(mass.size(), 9U);
  EXPECT_NEAR(std::accumulate(mass.begin(), mass.end(), 0.0), 1, 1e-6);
  EXPECT_EQ(dispersion.at("distance_mass").at("per_head").size(), 2U);
}

TEST(Filter, IsCountedWhereThereIsAThreshold) {
  const auto record = [](const std::string& normaliser) {
    const Result result = command("run --json --seqlen 200 --normaliser '" + normaliser + "'" + short_rounds);
    EXPECT_EQ(result.status, 0) << result.err;
    return json::parse(result.out);
  };
  const json sparse = record("entmax(1.5)");
  const json& filter = sparse.at("filter");
  EXPECT_EQ(filter.at("approximated"), false) << "rows are too short for it to pay";
  EXPECT_NEAR(filter.at("support").get<double>(),
              1 - sparse.at("dispersion").at("mean").at("sparsity").get<double>(), 1e-4);
  EXPECT_GE(filter.at("passed"), filter.at("support"));
  EXPECT_GE(filter.at("appended"), filter.at("passed"));
  EXPECT_GE(filter.at("solves_per_row"), 1);
  EXPECT_EQ(filter.at("whole_rows"), 0.0);
  EXPECT_TRUE(record("softmax").at("filter").is_null());
}

TEST(Against, TheBaselineIsTheExactCounterpartUnlessNamed) {
  const auto against = [](const std::string& arguments) {
    const Result result = command("run --json --seqlen 200 " + arguments + short_rounds);
    EXPECT_EQ(result.status, 0) << result.err;
    return json::parse(result.out).at("against");
  };
  const json self = against("--pattern causal");
  EXPECT_EQ(self.at("variant"), "scaled_dot|causal|softmax");
  EXPECT_EQ(self.at("mean").at("l1"), 0.0);
  EXPECT_EQ(self.at("per_head").at("kl").size(), 2U);

  const json sparse = against("--variant 'causal|entmax(1.5)'");
  EXPECT_EQ(sparse.at("variant"), "scaled_dot|causal|softmax");
  EXPECT_EQ(sparse.at("infinite_kl_rows"), 0);
  EXPECT_GT(sparse.at("mean").at("lost_mass"), 0.1);
  // Pinsker's inequality holds for each row, hence for means.
  const double l1 = sparse.at("mean").at("l1");
  EXPECT_LE(l1 * l1, 2 * sparse.at("mean").at("kl").get<double>());
  EXPECT_GE(l1, 2 * sparse.at("mean").at("lost_mass").get<double>());
  EXPECT_GT(sparse.at("output").at("relative_l2"), 0.1);

  // Rows that see at most 10 keys are equal; other rows have keys that the narrow window lacks.
  const json window = against("--variant 'window(20)' --against 'window(10)'");
  EXPECT_EQ(window.at("variant"), "scaled_dot|window(10)|softmax");
  EXPECT_EQ(window.at("mean").at("kl"), 0.0);
  EXPECT_EQ(window.at("infinite_kl_rows"), 2 * (200 - 10));
  EXPECT_EQ(window.at("mean").at("lost_mass"), 0.0);

  const Result wrong = command("run --seqlen 64 --against 'causal|softmx'");
  EXPECT_EQ(wrong.status, 2);
  EXPECT_NE(wrong.err.find("against: 'causal|softmx'"), std::string::npos) << wrong.err;
}

TEST(Help, FitsOneScreen) {
  for (const char* name : {"", "list", "run", "sweep", "report", "heatmap", "compare", "validate", "migrate",
                           "export", "merge", "completion", "man", "doctor"}) {
    const Result result = command(std::string(name) + " --help");
    EXPECT_EQ(result.status, 0) << name;
    EXPECT_LE(std::count(result.out.begin(), result.out.end(), '\n'), 40) << name;
    EXPECT_NE(result.out.find("Example: attnlab"), std::string::npos) << name;
    std::istringstream lines(result.out);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 120U) << line;
  }
  EXPECT_EQ(command("").status, 2);
  EXPECT_EQ(command("doctor").status, 0);
  EXPECT_TRUE(json::parse(command("doctor --json").out).contains("cpu"));
}

}  // namespace
}  // namespace attnlab
