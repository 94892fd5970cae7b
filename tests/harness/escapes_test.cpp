// Escape sequences are for terminals that know them.
#include <gtest/gtest.h>

#include "harness/on_terminal.h"

namespace attnlab {
namespace {

std::string sweep_on(const char* kind) {
  const TemporaryDirectory directory;
  const Result result = on_terminal(
      "sweep --backend full --seqlen 32 --out " + (directory / "run").string() + short_rounds, 80, kind);
  EXPECT_EQ(result.status, 0) << result.out;
  return result.out;
}

TEST(Escapes, AreForTerminalsThatKnowThem) {
  EXPECT_NE(sweep_on("xterm").find("\033[J"), std::string::npos);
  const std::string plain = sweep_on("dumb");
  EXPECT_EQ(plain.find('\033'), std::string::npos) << plain;
  EXPECT_NE(plain.find("[1/2"), std::string::npos) << plain;
}

}  // namespace
}  // namespace attnlab
