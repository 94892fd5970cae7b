// A forked process in its own process group. The kernel ends it when its parent ends.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

#include "records/records.h"

namespace attnlab {

class ChildProcess {
 public:
  /// The child calls `body` with its end of a socket and exits with the return value, without running
  /// destructors. Its stdin and stdout are closed; stderr is kept for last_words(). Throws std::system_error.
  explicit ChildProcess(const std::function<int(int channel)>& body);
  /// Ends the process.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  /// False if the process has ended.
  bool send_line(const std::string& line);
  enum class Reading { line, gone, late, interrupted };
  /// Reads the next line, without the line end, unless the process ends, `limit_s` pass, or a signal arrives
  /// (catch_interrupts).
  Reading read_line(std::string& line, double limit_s);
  /// Waits for the process to end and returns its status, as waitpid does.
  int wait();
  /// Kills the process group unless the process has ended.
  void stop();
  /// The last line that the process wrote to stderr.
  std::string last_words() const;

 private:
  Descriptor channel_;
  Descriptor messages_;
  std::string received_;
  pid_t pid_ = -1;
  int status_ = 0;
  bool ended_ = false;
};

/// After this call SIGINT and SIGTERM end ChildProcess::read_line instead of the process.
void catch_interrupts();

}  // namespace attnlab
