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
  const std::string short_sweep = "sweep --seqlen 64 --threads 1 --aa-pairs 0" + short_rounds;
  return {{short_sweep + "--pattern causal --cu-seqlens " + (directory / "s.npy").string() + " ",
           "starts of packed sequences differ", starts},
          {short_sweep + "--score general --score-weights " + (directory / "w").string() + " ",
           "learned weights differ", weights}};
}

TEST(ChangedFiles, AreMeasuredAgain) {
  const TemporaryDirectory directory;
  for (const Reader& reader : readers(directory)) {
    const TemporaryDirectory out;
    const std::string sweep = reader.options + "--resume --out " + (out / "run").string();
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

TEST(ChangedFiles, AreNotCompared) {
  const TemporaryDirectory directory;
  for (const Reader& reader : readers(directory)) {
    const TemporaryDirectory out;
    for (const char* run : {"a", "same", "other"}) {
      reader.write_file(run == std::string("other"));
      ASSERT_EQ(command(reader.options + "--out " + (out / run).string()).status, 0);
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
