// Progress of a sweep on standard error: a bar on a terminal, plain lines elsewhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace attnlab {

class Progress {
 public:
  explicit Progress(std::int64_t cells);
  void begin(const std::string& label);
  void end(const std::string& label, const std::string& status, const std::string& reason);
  /// Counts a cell whose record an earlier sweep wrote.
  void skip();
  std::int64_t done() const { return done_; }
  /// Ends the line of the progress bar.
  void finish();

 private:
  void draw(const std::string& label) const;
  std::string time_left() const;

  const std::int64_t cells_;
  std::int64_t done_ = 0;
  std::int64_t skipped_ = 0;
  const bool terminal_;
  const bool colour_;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace attnlab
