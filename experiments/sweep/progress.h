// Progress of a sweep on standard error: on a terminal, lines of finished cells above a bar; elsewhere, lines
// alone.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "cell/cell.h"

namespace attnlab {

enum class ProgressStyle {
  bar,    ///< for a terminal
  lines,  ///< a line for each cell
  quiet   ///< failed cells alone
};
/// `bar` if standard error is a terminal, else `lines`.
ProgressStyle progress_style();

/// The label of a cell (Cell::label) in at most `room` columns: its middle is left out, not n, which comes
/// first, nor the end of the variant.
std::string shortened_label(const std::string& label, std::size_t room);

class Progress {
 public:
  Progress(std::int64_t cells, ProgressStyle style);
  void begin(const std::string& label);
  void end(const std::string& label, const Json& record);
  /// Counts a cell whose record an earlier sweep wrote.
  void skip();
  std::int64_t done() const { return done_; }
  /// Clears the bar.
  void finish();

 private:
  void draw(const std::string& label) const;
  std::string time_left() const;

  const std::int64_t cells_;
  const ProgressStyle style_;
  const bool colour_;
  std::int64_t done_ = 0;
  std::int64_t skipped_ = 0;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace attnlab
