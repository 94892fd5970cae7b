#include "process/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <system_error>

namespace attnlab {

namespace {

volatile std::sig_atomic_t interrupted = 0;
volatile std::sig_atomic_t deferred = 0;

void on_interrupt(int) {
  interrupted = 1;
  if (deferred) return;
  static constexpr char message[] = "attnlab: interrupted\n";
  const ssize_t ignored = write(STDERR_FILENO, message, sizeof message - 1);
  static_cast<void>(ignored);
  _exit(exit_status_of_interrupt);
}

[[noreturn]] void cannot_start() {
  throw std::system_error(errno, std::generic_category(), "cannot start a child process");
}

}  // namespace

void catch_interrupts() {
  struct sigaction action = {};
  action.sa_handler = on_interrupt;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

DeferredInterrupts::DeferredInterrupts() : on_broken_pipe_(std::signal(SIGPIPE, SIG_IGN)) { deferred = 1; }

DeferredInterrupts::~DeferredInterrupts() {
  deferred = 0;
  std::signal(SIGPIPE, on_broken_pipe_);
}

void DeferredInterrupts::check() const {
  if (interrupted) throw Interrupted{};
}

ChildProcess::ChildProcess(const std::function<int(int channel)>& body)
    : messages_(memfd_create("attnlab-messages", MFD_CLOEXEC)) {
  int ends[2];
  if (messages_.get() < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) cannot_start();
  channel_ = Descriptor(ends[0]);
  const Descriptor theirs(ends[1]);
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ < 0) cannot_start();
  if (pid_ == 0) {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
    close(channel_.get());
    const int nothing = open("/dev/null", O_RDWR);
    dup2(nothing, STDIN_FILENO);
    dup2(nothing, STDOUT_FILENO);
    dup2(messages_.get(), STDERR_FILENO);
    _exit(body(theirs.get()));
  }
  setpgid(pid_, pid_);
}

ChildProcess::~ChildProcess() { stop(); }

bool ChildProcess::send_line(const std::string& line) {
  const std::string text = line + "\n";
  for (std::size_t sent = 0; sent < text.size();) {
    const ssize_t part = send(channel_.get(), text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (part < 0 && errno != EINTR) return false;
    sent += static_cast<std::size_t>(std::max<ssize_t>(part, 0));
  }
  return true;
}

ChildProcess::Reading ChildProcess::read_line(std::string& line, double limit_s) {
  const auto start = std::chrono::steady_clock::now();
  std::size_t searched = 0;
  for (;;) {
    if (const std::size_t end = received_.find('\n', searched); end != std::string::npos) {
      line = received_.substr(0, end);
      received_.erase(0, end + 1);
      return Reading::line;
    }
    searched = received_.size();
    const double left_s =
        limit_s - std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (interrupted) return Reading::interrupted;
    if (left_s <= 0) return Reading::late;
    pollfd waiting{channel_.get(), POLLIN, 0};
    poll(&waiting, 1, static_cast<int>(std::min(left_s * 1000 + 1, 1000.0)));
    if (waiting.revents == 0) continue;
    char part[65536];
    const ssize_t got = read(channel_.get(), part, sizeof part);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return Reading::gone;
    received_.append(part, static_cast<std::size_t>(got));
  }
}

int ChildProcess::wait() {
  while (!ended_) ended_ = waitpid(pid_, &status_, 0) >= 0 || errno != EINTR;
  return status_;
}

void ChildProcess::stop() {
  if (ended_) return;
  kill(-pid_, SIGKILL);
  wait();
}

std::string ChildProcess::last_words() const {
  constexpr off_t most = 4096;
  std::string text(static_cast<std::size_t>(most), '\0');
  const off_t size = lseek(messages_.get(), 0, SEEK_END);
  const ssize_t got = pread(messages_.get(), text.data(), text.size(), std::max<off_t>(0, size - most));
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  while (!text.empty() && text.back() == '\n') text.pop_back();
  const std::size_t start = text.rfind('\n');
  return start == std::string::npos ? text : text.substr(start + 1);
}

}  // namespace attnlab
