// A forked process, in a group of its own, that dies with the one that forked it.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

#include "records/records.h"

namespace attnlab {

class ChildProcess {
 public:
  /// The child calls `body` with its end of a socket, stdin and stdout closed to it and stderr kept for
  /// last_words(), and ends with what `body` returns, without running destructors. Throws std::system_error.
  explicit ChildProcess(const std::function<int(int channel)>& body);
  /// Stops it.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  /// False if it is gone.
  bool send_line(const std::string& line);
  enum class Reading { line, gone, late, interrupted };
  /// Its next line, without the line's end, unless it ends first, `limit_s` have passed, or a signal came
  /// (catch_interrupts).
  Reading read_line(std::string& line, double limit_s);
  /// Its status as of waitpid, once it has ended.
  int wait();
  /// Kills its group unless it has ended.
  void stop();
  /// What it said on stderr, the last line.
  std::string last_words() const;

 private:
  Descriptor channel_;
  Descriptor messages_;
  std::string received_;
  pid_t pid_ = -1;
  int status_ = 0;
  bool ended_ = false;
};

/// From here on SIGINT and SIGTERM end ChildProcess::read_line rather than the process.
void catch_interrupts();

}  // namespace attnlab
