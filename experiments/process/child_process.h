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
  /// (DeferredInterrupts).
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

inline constexpr int exit_status_of_interrupt = 130;

/// After this call SIGINT and SIGTERM end the process with one line on standard error and
/// `exit_status_of_interrupt`, in whatever it does.
void catch_interrupts();

struct Interrupted {};

/// While it exists, SIGINT and SIGTERM end ChildProcess::read_line instead of the process, so that a record
/// that is being written becomes whole, and a pipe from standard error may lose its reader.
class DeferredInterrupts {
 public:
  DeferredInterrupts();
  ~DeferredInterrupts();
  DeferredInterrupts(const DeferredInterrupts&) = delete;
  DeferredInterrupts& operator=(const DeferredInterrupts&) = delete;
  /// Throws Interrupted if a signal has arrived.
  void check() const;

 private:
  void (*on_broken_pipe_)(int);
};

}  // namespace attnlab
