#include "sweep/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "options/notice.h"
#include "options/terminal.h"
#include "records/analysis.h"
#include "records/quantities.h"
#include "records/text_table.h"
#include "sweep/resume.h"

namespace attnlab {

namespace {

constexpr std::size_t widest_bar = 24;
constexpr std::size_t narrowest_bar = 4;
/// Columns for the label, before there are any for the time that is left.
constexpr std::size_t least_label = 24;
/// Clears from the start of the line to the end of the screen. After it is drawn, the cursor is at the start
/// of the bar and moves with it when the terminal becomes narrower and breaks the bar into several lines: all
/// of them are cleared.
constexpr const char* clear_bar = "\r\033[J";

std::string outcome(const Json& record) {
  const std::string status = text_at(record, "status");
  if (const auto time = number_at(record, "time.median_ns"); status == "ok" && time)
    return fmt::format("ok, {}{}", format_seconds(*time * 1e-9),
                       is_failure(record) ? ", beyond its error budget" : "");
  const std::string reason = text_at(record, "reason");
  return status + (reason.empty() ? "" : ", " + reason);
}

}  // namespace

ProgressStyle progress_style() {
  return is_terminal(STDERR_FILENO) ? ProgressStyle::bar : ProgressStyle::lines;
}

std::string shortened_label(const std::string& label, std::size_t room) {
  if (text_width(label) <= room) return label;
  const std::string start = label.substr(0, label.find(' ')) + " …";
  std::size_t from = label.size();
  for (std::size_t taken = text_width(start); from > start.size() && taken < room; ++taken) do
      --from;
    while ((label[from] & 0xc0) == 0x80);
  return start + label.substr(from);
}

Progress::Progress(std::int64_t cells, ProgressStyle style)
    : cells_(cells),
      style_(style),
      colour_(style == ProgressStyle::bar && std::getenv("NO_COLOR") == nullptr),
      start_(std::chrono::steady_clock::now()) {}

std::string Progress::time_left() const {
  if (done_ == skipped_ || done_ == cells_) return "";
  const double spent_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  // Cells are ordered by work, least first, so this is a lower bound.
  return fmt::format(", over {} left", format_seconds(spent_s / static_cast<double>(done_ - skipped_) *
                                                      static_cast<double>(cells_ - done_)));
}

/// The label has what it needs of the present width, then the time, then the bar.
void Progress::draw(const std::string& label) const {
  const std::size_t columns = terminal_columns(STDERR_FILENO) - 1;
  std::string state = fmt::format("{}/{}", done_, cells_);
  const std::string time = time_left();
  if (state.size() + time.size() + 2 + std::min(least_label, text_width(label)) <= columns) state += time;
  state += "  ";
  const std::size_t room = columns - std::min(columns, state.size());
  const std::string name = shortened_label(label, room);
  const std::size_t left = room - std::min(room, text_width(name));
  if (left >= narrowest_bar + 3) {
    const std::size_t width = std::min(left - 3, widest_bar);
    const std::size_t filled = static_cast<std::size_t>(done_) * width / static_cast<std::size_t>(cells_);
    state = fmt::format("[{:=<{}}{: <{}}] {}", "", filled, "", width - filled, state);
  }
  notice("{}{}{}{}{}\r", clear_bar, colour_ ? "\033[36m" : "", state, name, colour_ ? "\033[0m" : "");
}

void Progress::begin(const std::string& label) {
  if (style_ == ProgressStyle::bar) draw(label);
}

void Progress::end(const std::string& label, const Json& record) {
  ++done_;
  switch (style_) {
    case ProgressStyle::bar:
      notice("{}{}: {}\n", clear_bar, label, outcome(record));
      break;
    case ProgressStyle::lines:
      notice("[{}/{}{}] {}: {}\n", done_, cells_, time_left(), label, outcome(record));
      break;
    case ProgressStyle::quiet:
      if (is_failure(record)) notice("attnlab: {}: {}\n", label, outcome(record));
  }
}

void Progress::skip() {
  ++done_;
  ++skipped_;
}

void Progress::finish() {
  if (style_ == ProgressStyle::bar) notice("{}", clear_bar);
}

}  // namespace attnlab
