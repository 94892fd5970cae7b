#include "records/whole_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "attnlab/core/argument_error.h"

namespace attnlab {

bool write_all(int descriptor, const std::string& text) {
  for (std::size_t written = 0; written < text.size();) {
    const ssize_t now = write(descriptor, text.data() + written, text.size() - written);
    if (now < 0 && errno == EINTR) continue;
    if (now <= 0) return false;
    written += static_cast<std::size_t>(now);
  }
  return true;
}

namespace {

/// Syncs and closes the file. Returns false and sets errno if either fails.
bool finish(int descriptor) {
  const bool synced = fsync(descriptor) == 0;
  const int why = errno;
  const bool closed = close(descriptor) == 0;
  if (!synced) errno = why;
  return synced && closed;
}

}  // namespace

void write_whole(const std::filesystem::path& file, const std::string& text) {
  std::filesystem::path partial = file;
  partial += ".partial";
  const int descriptor = open(partial.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  const bool whole = descriptor >= 0 && write_all(descriptor, text);
  const int write_error = errno;
  const bool finished = descriptor >= 0 && finish(descriptor);
  if (!whole) errno = write_error;
  if (!whole || !finished || rename(partial.c_str(), file.c_str()) != 0) {
    const std::error_code why(errno, std::generic_category());
    unlink(partial.c_str());
    throw std::system_error(why, "cannot write " + file.string());
  }
  sync_folder_of(file);
}

void require_writable(std::string_view option, const std::filesystem::path& file) {
  std::filesystem::path partial = file;
  partial += ".partial";
  const int descriptor = open(partial.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  std::error_code why(descriptor < 0 ? errno : 0, std::generic_category());
  if (descriptor >= 0) {
    close(descriptor);
    unlink(partial.c_str());
    if (std::filesystem::is_directory(file)) why = std::make_error_code(std::errc::is_a_directory);
  }
  if (why)
    throw ArgumentError(option, file.string(), fmt::format("cannot write the file: {}", why.message()), {});
}

void write_whole(std::string_view option, const std::filesystem::path& file, const std::string& text) {
  try {
    write_whole(file, text);
  } catch (const std::system_error& error) {
    throw ArgumentError(option, file.string(),
                        fmt::format("cannot write the file: {}", error.code().message()), {});
  }
}

void sync_folder_of(const std::filesystem::path& file) {
  const std::filesystem::path folder = file.has_parent_path() ? file.parent_path() : ".";
  const int directory = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory >= 0) finish(directory);
}

}  // namespace attnlab
