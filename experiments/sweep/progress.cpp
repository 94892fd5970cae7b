#include "sweep/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "options/notice.h"
#include "records/quantities.h"
#include "sweep/terminal.h"

namespace attnlab {

namespace {

constexpr int bar_width = 24;

int terminal_columns() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

}  // namespace

Progress::Progress(std::int64_t cells)
    : cells_(cells),
      terminal_(is_terminal(STDERR_FILENO)),
      colour_(terminal_ && std::getenv("NO_COLOR") == nullptr),
      start_(std::chrono::steady_clock::now()) {}

std::string Progress::time_left() const {
  if (done_ == skipped_ || done_ == cells_) return "";
  const double spent_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  // Cells are ordered by work, least first, so this is a lower bound.
  return fmt::format(", over {} left", format_seconds(spent_s / static_cast<double>(done_ - skipped_) *
                                                      static_cast<double>(cells_ - done_)));
}

void Progress::draw(const std::string& label) const {
  const auto filled = static_cast<int>(done_ * bar_width / cells_);
  std::string line = fmt::format("[{:=<{}}{: <{}}] {}/{}{}  {}", "", filled, "", bar_width - filled, done_,
                                 cells_, time_left(), label);
  line.resize(std::min(line.size(), static_cast<std::size_t>(terminal_columns() - 1)));
  notice("\r\033[K{}{}{}", colour_ ? "\033[36m" : "", line, colour_ ? "\033[0m" : "");
}

void Progress::begin(const std::string& label) {
  if (terminal_) draw(label);
}

void Progress::end(const std::string& label, const std::string& status, const std::string& reason) {
  ++done_;
  if (!terminal_) {
    notice("[{}/{}{}] {}: {}{}\n", done_, cells_, time_left(), label, status,
           reason.empty() ? "" : ", " + reason);
  } else if (status != "ok") {
    notice("\r\033[K{}: {}{}\n", label, status, reason.empty() ? "" : ", " + reason);
  }
}

void Progress::skip() {
  ++done_;
  ++skipped_;
}

void Progress::finish() {
  if (terminal_) notice("\r\033[K");
}

}  // namespace attnlab
