// Files of one name and other content: their cells are measured again by --resume and not compared.
#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "harness/command.h"
#include "harness/numbers_file.h"

namespace attnlab {
namespace {

/// A sweep of one cell that reads a file besides Q, K and V.
struct Reader {
  std::string options;
  std::string changed;                         ///< what `compare` says of another content
  std::function<void(bool other)> write_file;  ///< writes the file, with one of two contents
};

std::vector<Reader> readers(const TemporaryDirectory& directory) {
  const auto starts = [&directory](bool other) {
    write_numbers<std::int64_t>(directory / "s.npy", "<i8", "3,", {0, other ? 7 : 30, 64});
  };
  const auto weights = [&directory](bool other) {
    write_numbers(directory / "w_W.npy", "<f4", "64, 64", std::vector<float>(64 * 64, other ? 0.01F : 0.02F));
  };
  const std::string short_sweep = "sweep --seqlen 64 --aa-pairs 0" + short_rounds;
  const auto inputs = [&directory](bool other) {
    for (const char* which : {"q", "k", "v"})
      write_numbers(directory / (std::string("x_") + which + ".npy"), "<f4", "1, 16, 4",
                    std::vector<float>(64, other ? 0.5F : 0.25F));
  };
  return {{"sweep --aa-pairs 0 --rounds 2 --max-rounds 2 --min-time 0.001 --input npy:" +
               (directory / "x ").string(),
           "Q, K and V differ", inputs},
          {short_sweep + "--pattern causal --cu-seqlens " + (directory / "s.npy").string() + " ",
           "starts of packed sequences differ", starts},
          {short_sweep + "--score general --score-weights " + (directory / "w").string() + " ",
           "learned weights differ", weights}};
}

TEST(ChangedFiles, AreMeasuredAgain) {
  const TemporaryDirectory directory;
  for (const Reader& reader : readers(directory)) {
    const TemporaryDirectory out;
    const std::string sweep = reader.options + "--threads 1 --resume --out " + (out / "run").string();
    reader.write_file(false);
    ASSERT_EQ(command(sweep).status, 0);
    const std::string before = read_file(out / "run/records.jsonl");
    ASSERT_EQ(command(sweep).status, 0);
    EXPECT_EQ(read_file(out / "run/records.jsonl"), before) << "the file is the same";
    reader.write_file(true);
    const Result resumed = command(sweep);
    ASSERT_EQ(resumed.status, 0) << resumed.err;
    EXPECT_NE(resumed.err.find("of another build, input or schema"), std::string::npos) << resumed.err;
    EXPECT_EQ(read_file(out / "run/set-aside.jsonl"), before);
    EXPECT_NE(read_file(out / "run/records.jsonl"), before);
  }
}

TEST(ChangedFiles, AreNotMerged) {
  const TemporaryDirectory directory;
  for (const Reader& reader : readers(directory)) {
    const TemporaryDirectory out;
    for (const auto& [run, shard] : {std::pair{"a", "1/2"}, {"b", "2/2"}, {"other", "2/2"}}) {
      reader.write_file(run == std::string("other"));
      const std::string options = "--threads 1,2 --shard " + std::string(shard) + " --out ";
      ASSERT_EQ(command(reader.options + options + (out / run).string()).status, 0);
    }
    const auto merge = [&](const std::string& run, const std::string& options) {
      return command("merge --out " + (out / ("with-" + run + options)).string() + " " + options + " " +
                     (out / "a").string() + " " + (out / run).string());
    };
    EXPECT_EQ(merge("b", "").status, 0);
    const Result refused = merge("other", "");
    EXPECT_EQ(refused.status, 2);
    EXPECT_NE(refused.err.find("its content differs between the directories"), std::string::npos)
        << refused.err;
    EXPECT_EQ(merge("other", "--force").status, 0);
  }
}

TEST(ChangedFiles, AreNotCompared) {
  const TemporaryDirectory directory;
  for (const Reader& reader : readers(directory)) {
    const TemporaryDirectory out;
    for (const char* run : {"a", "same", "other"}) {
      reader.write_file(run == std::string("other"));
      ASSERT_EQ(command(reader.options + "--threads 1 --out " + (out / run).string()).status, 0);
    }
    const auto compared = [&](const char* run) {
      const std::string directories = (out / "a").string() + " " + (out / run).string();
      return nlohmann::json::parse(command("compare --format json " + directories).out);
    };
    EXPECT_EQ(compared("same").at("cells").size(), 1U);
    const nlohmann::json other = compared("other");
    EXPECT_EQ(other.at("cells").size(), 0U);
    ASSERT_EQ(other.at("not_compared").size(), 1U);
    EXPECT_EQ(other.at("not_compared")[0].at("why"), reader.changed);
  }
}

}  // namespace
}  // namespace attnlab
