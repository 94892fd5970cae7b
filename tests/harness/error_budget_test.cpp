// Errors in records: budgets of rows, rows left out, outputs that overflow.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "attnlab/inputs/npy.h"
#include "harness/command.h"

namespace attnlab {
namespace {

using nlohmann::json;

json record_of(const std::string& arguments, int status = 0) {
  const Result result =
      command("run --json --rounds 1 --max-rounds 1 --retries 0 --min-time 0.001 " + arguments);
  EXPECT_EQ(result.status, status) << result.err;
  return json::parse(result.out);
}

bool warns(const json& record, const std::string& of) {
  for (const json& warning : record.at("warnings"))
    if (warning.get<std::string>().find(of) != std::string::npos) return true;
  return false;
}

TEST(ErrorBudget, ARecordSaysWhichRowIsTheWorst) {
  for (const char* dtype : {"f32", "bf16", "f16"}) {
    const json record = record_of(std::string("--backend chunked --seqlen 300 --heads 2 --dtype ") + dtype);
    const json& error = record.at("error");
    EXPECT_EQ(error.at("within_budget"), true) << error;
    EXPECT_EQ(error.at("rows_beyond"), 0);
    EXPECT_EQ(error.at("rows_overflowed"), 0);
    const json& worst = error.at("worst");
    EXPECT_GT(worst.at("ratio"), 0) << dtype;
    EXPECT_LT(worst.at("ratio"), 1) << dtype;
    EXPECT_DOUBLE_EQ(worst.at("ratio").get<double>(),
                     worst.at("error_l2").get<double>() / worst.at("budget_l2").get<double>());
    EXPECT_LT(worst.at("query"), 300);
    EXPECT_LT(worst.at("head"), 2);
    EXPECT_FALSE(warns(record, "checked row")) << record.at("warnings");
  }
}

TEST(ErrorBudget, AnOutputThatOverflowsItsTypeIsOutside) {
  const TemporaryDirectory directory;
  const std::string prefix = (directory / "huge").string();
  const std::vector<float> ones(4 * 8, 1.0F);
  write_npy("test", prefix + "_q.npy", {1, 4, 8}, ones);
  write_npy("test", prefix + "_k.npy", {1, 4, 8}, ones);
  write_npy("test", prefix + "_v.npy", {1, 4, 8}, std::vector<float>(4 * 8, 30000.0F));
  const json record =
      record_of("--backend chunked --normaliser 'sigmoid(3)' --dtype f16 --input npy:" + prefix, 3);
  const json& error = record.at("error");
  EXPECT_EQ(error.at("within_budget"), false);
  EXPECT_EQ(error.at("rows_beyond"), 4);
  EXPECT_EQ(error.at("rows_overflowed"), 4);
  EXPECT_TRUE(error.at("worst").at("ratio").is_null());
  EXPECT_TRUE(warns(record, "4 of 4 checked rows overflows f16")) << record.at("warnings");
  EXPECT_TRUE(warns(record, "4 of 4 checked rows are beyond their error budget")) << record.at("warnings");
}

TEST(ErrorBudget, FewRowsOfTopkSoftmaxAreUndeterminedInBfloat16) {
  const json record =
      record_of("--backend chunked --normaliser 'topk_softmax(8)' --dtype bf16 --seqlen 1024 --heads 4");
  EXPECT_LE(record.at("error").at("undetermined_rows"), 2);
  EXPECT_EQ(record.at("error").at("within_budget"), true) << record.at("error");
}

TEST(ErrorBudget, DeviationIsFromSoftmaxWithoutWhatFollowsTheNormaliser) {
  const json record =
      record_of("--backend chunked --modifier 'softcap(5)+gaussian(20)' --seqlen 200 --heads 2");
  EXPECT_EQ(record.at("deviation").at("exact_variant"), "scaled_dot|softcap(5)|softmax");
  EXPECT_GT(record.at("deviation").at("relative_l2"), 0.1);
  EXPECT_EQ(record.at("against").at("variant"), "scaled_dot|softcap(5)|softmax");
}

TEST(ErrorBudget, RecordsOfSchemaTwoAreReadAndConverted) {
  const TemporaryDirectory directory;
  const std::filesystem::path old =
      std::filesystem::path(std::getenv("ATTNLAB_SOURCE")) / "tests/harness/schema2";
  std::filesystem::copy(old, directory.path());
  const std::string run = directory.path().string();
  const std::string before = read_file(directory / "records.jsonl");
  for (const char* reader : {"report ", "export ", "export --format jsonl "}) {
    const Result result = command(reader + run);
    EXPECT_EQ(result.status, 0) << reader << result.err;
  }
  EXPECT_EQ(command("compare " + run + " " + run).status, 0);
  EXPECT_EQ(read_file(directory / "records.jsonl"), before);
  EXPECT_EQ(command("validate " + run).status, 3);
  ASSERT_EQ(command("migrate " + run).status, 0);
  EXPECT_EQ(read_file(directory / "records.schema-2.jsonl"), before);
  const Result valid = command("validate " + run);
  EXPECT_EQ(valid.status, 0) << valid.out;
  for (const json& record : records(directory.path())) {
    EXPECT_EQ(record.at("schema"), 3);
    EXPECT_EQ(record.at("error").at("within_budget"), true);
    for (const char* unknown : {"rows_beyond", "rows_overflowed", "worst"})
      EXPECT_TRUE(record.at("error").at(unknown).is_null()) << unknown;
  }
}

}  // namespace
}  // namespace attnlab
