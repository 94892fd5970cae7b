// Escape sequences are for terminals that know them.
#include <gtest/gtest.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "harness/command.h"

namespace attnlab {
namespace {

/// All that a sweep writes to a terminal of kind `kind`.
std::string sweep_on_terminal(const char* kind) {
  const TemporaryDirectory directory;
  const std::string line = std::string("exec ") + std::getenv("ATTNLAB_COMMAND") +
                           " sweep --backend full --seqlen 32 --out " + (directory / "run").string() +
                           short_rounds;
  int terminal = -1;
  const pid_t child = forkpty(&terminal, nullptr, nullptr, nullptr);
  if (child == 0) {
    setenv("TERM", kind, 1);
    execl("/bin/sh", "sh", "-c", line.c_str(), nullptr);
    _exit(127);
  }
  std::string text;
  char piece[4096];
  for (ssize_t got = 0; (got = read(terminal, piece, sizeof piece)) > 0;)
    text.append(piece, static_cast<std::size_t>(got));
  close(terminal);
  int status = -1;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0) << text;
  return text;
}

TEST(Escapes, AreForTerminalsThatKnowThem) {
  EXPECT_NE(sweep_on_terminal("xterm").find("\033[K"), std::string::npos);
  const std::string plain = sweep_on_terminal("dumb");
  EXPECT_EQ(plain.find('\033'), std::string::npos) << plain;
  EXPECT_NE(plain.find("[1/2"), std::string::npos) << plain;
}

}  // namespace
}  // namespace attnlab
