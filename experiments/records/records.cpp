#include "records/records.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <system_error>
#include <thread>
#include <utility>

#include "attnlab/core/argument_error.h"
#include "attnlab/inputs/whole_file.h"
#include "attnlab/measure/machine.h"
#include "records/whole_file.h"

namespace attnlab {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view half_written = "no whole record (half-written)";

/// A killed sweep holds its lock until the kernel has removed the process.
bool lock(int descriptor) {
  for (int trial = 0; trial < 40; ++trial) {
    if (flock(descriptor, LOCK_EX | LOCK_NB) == 0) return true;
    if (errno != EWOULDBLOCK && errno != EINTR) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(25));
  }
  errno = EWOULDBLOCK;
  return false;
}

std::string read_text(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace

Descriptor::~Descriptor() {
  if (descriptor_ >= 0) close(descriptor_);
}
Descriptor::Descriptor(Descriptor&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

std::string to_line(const Json& record) {
  return record.dump(-1, ' ', false, Json::error_handler_t::replace);
}

RunDirectory::RunDirectory(const fs::path& directory, bool resume)
    : directory_(directory), file_(directory / "records.jsonl") {
  const auto refuse = [&](const std::string& reason, const std::string& requirement) {
    return ArgumentError("out", directory.string(), reason, requirement);
  };
  const auto require_new = [&] {
    std::error_code failed;
    if (!resume && (fs::exists(directory / "run.json", failed) || fs::exists(file_, failed)))
      throw refuse("it holds another run", "a new or empty directory, or --resume to finish that run");
  };
  require_new();
  std::error_code failed;
  const bool made = fs::create_directories(directory, failed);
  if (failed) throw refuse(fmt::format("cannot create directory: {}", failed.message()), {});
  const fs::path lock_file = directory / "lock";
  const bool had_lock = fs::exists(lock_file, failed);
  lock_ = Descriptor(open(lock_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (lock_.get() < 0) {
    const std::string why = std::strerror(errno);
    if (made) fs::remove(directory, failed);
    throw refuse(fmt::format("cannot write into the directory: {}", why), {});
  }
  if (!lock(lock_.get())) {
    if (errno != EWOULDBLOCK)
      throw refuse(fmt::format("cannot lock the directory: {}", std::strerror(errno)),
                   "a directory on a file system with locks");
    throw refuse(fmt::format("another sweep (process {}) is writing into it",
                             first_line(lock_file).value_or("unknown")),
                 "another directory, or this one when that sweep has ended");
  }
  require_new();
  if (ftruncate(lock_.get(), 0) != 0 || !write_all(lock_.get(), fmt::format("{}\n", getpid()))) {
    const std::string why = std::strerror(errno);
    if (!had_lock) fs::remove(lock_file, failed);
    if (made) fs::remove(directory, failed);
    throw refuse(fmt::format("cannot write into the directory: {}", why), {});
  }
  if (!fs::exists(directory / "run.json", failed)) return;
  run_ = Json::parse(read_text(directory / "run.json"), nullptr, false);
  if (run_.is_discarded() || !run_.is_object() || !run_.contains("options"))
    throw refuse("its run.json is not that of a sweep", "a directory that attnlab sweep made");
}

void RunDirectory::begin(const Json& run) {
  write_whole("out", directory_ / "run.json", run.dump(2) + "\n");
  run_ = run;
}

void RunDirectory::open_records() {
  records_ = Descriptor(open(file_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (records_.get() < 0)
    throw RecordError(fmt::format("cannot open {}: {}", file_.string(), std::strerror(errno)));
  sync_folder_of(file_);
}

RunDirectory::Kept RunDirectory::keep(const std::function<std::string(const Json&)>& why_not) {
  Kept kept;
  const std::string text = read_text(file_);
  std::string whole;
  std::string aside;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    const std::string line = text.substr(start, end - start);
    start = end + 1;
    Json record = Json::parse(line, nullptr, false);
    const bool is_record = !record.is_discarded() && record.is_object() && record.contains("status");
    const std::string why = is_record ? why_not(record) : std::string(half_written);
    if (why.empty()) {
      kept.records.push_back(std::move(record));
      whole += line + "\n";
    } else {
      ++kept.set_aside[why];
      aside += line + "\n";
    }
  }
  if (whole == text) return kept;
  try {
    if (!aside.empty()) write_whole(set_aside_file(), {read_text(set_aside_file()) + aside});
    write_whole(file_, {whole});
  } catch (const std::system_error& error) {
    throw RecordError(error.what());
  }
  records_ = Descriptor();
  return kept;
}

void RunDirectory::append(const Json& record) {
  if (records_.get() < 0) open_records();
  const off_t before = lseek(records_.get(), 0, SEEK_END);
  if (write_all(records_.get(), to_line(record) + "\n") && fdatasync(records_.get()) == 0) return;
  const std::string why = std::strerror(errno);
  const bool restored = ftruncate(records_.get(), before) == 0;
  throw RecordError(
      fmt::format("cannot write a record to {}: {}; {}", file_.string(), why,
                  restored ? "the records before it are whole" : "its last line is incomplete"));
}

}  // namespace attnlab
