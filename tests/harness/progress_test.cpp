// Progress of a sweep on terminals of several widths, and of a width that changes.
#include <gtest/gtest.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "harness/on_terminal.h"
#include "records/text_table.h"
#include "sweep/progress.h"

namespace attnlab {
namespace {

/// A terminal in place of standard error.
class Terminal {
 public:
  explicit Terminal(std::size_t columns) {
    const winsize size = size_of(columns);
    if (openpty(&own_, &other_, nullptr, nullptr, &size) != 0) throw std::runtime_error("no terminal");
    setenv("TERM", "xterm", 1);
    before_ = dup(STDERR_FILENO);
    dup2(other_, STDERR_FILENO);
  }
  ~Terminal() {
    dup2(before_, STDERR_FILENO);
    for (const int descriptor : {own_, other_, before_}) close(descriptor);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  void resize(std::size_t columns) const {
    const winsize size = size_of(columns);
    ioctl(own_, TIOCSWINSZ, &size);
  }
  /// What was written to it since the last call.
  std::string text() const {
    const char end = '\1';
    EXPECT_EQ(write(STDERR_FILENO, &end, 1), 1);
    std::string text;
    for (char one = 0; read(own_, &one, 1) == 1 && one != end;) text += one;
    return text;
  }

 private:
  static winsize size_of(std::size_t columns) { return {24, static_cast<unsigned short>(columns), 0, 0}; }

  int own_ = -1;
  int other_ = -1;
  int before_ = -1;
};

/// The lines that a terminal shows, which breaks them anew when its width changes. Of a character beyond
/// ASCII it keeps the first byte, so that each is a column.
class Screen {
 public:
  explicit Screen(std::size_t columns) : columns_(columns) {}
  void resize(std::size_t columns) { columns_ = columns; }
  const std::vector<std::string>& lines() const { return lines_; }

  void show(const std::string& text) {
    for (std::size_t at = 0; at < text.size(); ++at) {
      if ((text[at] & 0xc0) == 0x80) continue;
      std::string& line = lines_[line_];
      if (text[at] == '\r') {
        column_ -= column_ % columns_;
      } else if (text[at] == '\n') {
        if (++line_ == lines_.size()) lines_.emplace_back();
        column_ = 0;
      } else if (text[at] == '\033') {
        at = text.find_first_of("JKm", at);
        if (text[at] == 'J') {
          lines_.resize(line_ + 1);
          line.resize(column_);
        } else if (text[at] == 'K') {
          const std::size_t end = column_ - column_ % columns_ + columns_;
          if (line.size() > end)
            line.replace(column_, end - column_, end - column_, ' ');
          else
            line.resize(column_);
        }
      } else {
        line.resize(std::max(line.size(), column_ + 1));
        line[column_++] = text[at];
      }
    }
  }

 private:
  std::size_t columns_;
  std::vector<std::string> lines_{""};
  std::size_t line_ = 0;
  std::size_t column_ = 0;
};

Json ended(double median_ns) {
  return {{"status", "ok"},
          {"reason", nullptr},
          {"time", {{"median_ns", median_ns}}},
          {"error", {{"within_budget", true}}}};
}

const std::string label =
    "n=16384 bf16 2 threads, heads 4, kv heads 2, head dim 128, seed 7, chunked entmax(1.5)";

TEST(Progress, NamesNFirstAndTheVariantLast) {
  EXPECT_EQ(shortened_label(label, 200), label);
  EXPECT_EQ(shortened_label(label, 30), "n=16384 …, chunked entmax(1.5)");
  EXPECT_EQ(shortened_label(label, 20), "n=16384 …entmax(1.5)");
  for (const std::size_t columns : {200, 120, 80, 50, 40}) {
    const Terminal terminal(columns);
    Progress progress(20, ProgressStyle::bar);
    for (int cell = 0; cell < 12; ++cell) {
      progress.begin(label);
      std::string bar = without_escapes(terminal.text());
      std::erase(bar, '\r');
      EXPECT_LT(text_width(bar), columns) << bar;
      EXPECT_NE(bar.find("n=16384 "), std::string::npos) << bar;
      EXPECT_NE(bar.find(std::to_string(cell) + "/20"), std::string::npos) << bar;
      EXPECT_TRUE(bar.ends_with("entmax(1.5)")) << bar;
      EXPECT_EQ(bar.find(label) != std::string::npos, columns >= 120) << bar;
      EXPECT_TRUE(cell == 0 || columns < 80 || bar.find(" left  ") != std::string::npos) << bar;
      EXPECT_TRUE(bar.starts_with('[') ? columns > 80 : columns < 200) << bar;
      progress.end(label, ended(2e6));
      EXPECT_NE(terminal.text().find(label + ": ok, 2 ms\r\n"), std::string::npos);
    }
  }
}

TEST(Progress, LeavesNothingBehindWhenTheTerminalChangesItsWidth) {
  const Terminal terminal(120);
  Screen screen(120);
  Progress progress(20, ProgressStyle::bar);
  std::vector<std::string> finished;
  for (const std::size_t columns : {50, 30, 100, 20, 120}) {
    progress.begin(label);
    screen.show(terminal.text());
    terminal.resize(columns);
    screen.resize(columns);
    progress.begin(label);
    progress.end(label, ended(1e6 * static_cast<double>(columns)));
    progress.begin(label);
    screen.show(terminal.text());
    finished.push_back(label + ": ok, " + std::to_string(columns) + " ms");
  }
  terminal.resize(40);
  screen.resize(40);
  progress.finish();
  screen.show(terminal.text());
  finished.emplace_back("");
  EXPECT_EQ(screen.lines(), finished);
}

TEST(Progress, CellsScrollByAboveTheBar) {
  const TemporaryDirectory directory;
  for (const std::size_t columns : {80, 50}) {
    const Result sweep = on_terminal(
        "sweep --backend full,chunked --seqlen 32,64 --heads 1,2 --aa-pairs 0 --threads 1 --out " +
            (directory / std::to_string(columns)).string() +
            " --rounds 2 --max-rounds 2 --retries 0 --min-time 0.001 --head-dim 16",
        columns);
    ASSERT_EQ(sweep.status, 0) << sweep.out;
    Screen screen(columns);
    screen.show(sweep.out);
    for (const char* backend : {"full", "chunked"})
      for (const char* n : {"32", "64"})
        for (const char* heads : {"1", "2"}) {
          const std::string start = std::string("n=") + n + " f32 1 thread, heads " + heads +
                                    ", head dim 16, " + backend + ": ok, ";
          EXPECT_EQ(std::count_if(screen.lines().begin(), screen.lines().end(),
                                  [&](const std::string& line) { return line.starts_with(start); }),
                    1)
              << start << '\n'
              << sweep.out;
        }
    for (const std::string& line : screen.lines())
      EXPECT_TRUE(line.find(" n=") == std::string::npos) << "a bar is left: " << line;
  }
}

}  // namespace
}  // namespace attnlab
