#include "records.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "core/argument_error.h"

namespace attnlab {

namespace fs = std::filesystem;

RecordWriter::RecordWriter(const fs::path& directory, const Json& run) : file_(directory / "records.jsonl") {
  const auto refuse = [&](const std::string& why) { return ArgumentError("out", directory.string(), why); };
  std::error_code failed;
  if (fs::exists(directory / "run.json", failed) || fs::exists(file_, failed))
    throw refuse("it holds another run; a new or empty directory");
  const bool made = fs::create_directories(directory, failed);
  if (failed)
    throw refuse(fmt::format("it cannot be made ({}); a directory that can be written", failed.message()));
  std::ofstream stream(directory / "run.json");
  stream << run.dump(2) << '\n' << std::flush;
  if (stream) descriptor_ = open(file_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644);
  if (descriptor_ < 0) {
    const std::string why = std::strerror(errno);
    stream.close();
    fs::remove(directory / "run.json", failed);
    if (made) fs::remove(directory, failed);
    throw refuse(fmt::format("it cannot be written ({}); a directory that can", why));
  }
}

RecordWriter::~RecordWriter() {
  if (descriptor_ >= 0) close(descriptor_);
}

void RecordWriter::append(const Json& record) {
  const std::string line = record.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  const off_t before = lseek(descriptor_, 0, SEEK_END);
  std::size_t written = 0;
  while (written < line.size()) {
    const ssize_t now = write(descriptor_, line.data() + written, line.size() - written);
    if (now < 0 && errno == EINTR) continue;
    if (now <= 0) break;
    written += static_cast<std::size_t>(now);
  }
  if (written == line.size() && fdatasync(descriptor_) == 0) return;
  const std::string why = std::strerror(errno);
  const bool restored = ftruncate(descriptor_, before) == 0;
  throw RecordError(fmt::format("{}: a record could not be written ({}); {}", file_.string(), why,
                                restored ? "the records before it are whole" : "its last line is not whole"));
}

}  // namespace attnlab
