#include "attnlab/inputs/whole_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <optional>
#include <random>
#include <system_error>

namespace attnlab {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void fail(const fs::path& file, int why) {
  throw std::system_error(why, std::generic_category(), "cannot write " + file.string());
}

fs::path folder_of(const fs::path& file) { return file.has_parent_path() ? file.parent_path() : "."; }

/// Where the bytes of a file go.
struct Target {
  fs::path file;  ///< without symbolic links, if it is or becomes a regular file
  bool is_regular;
  std::optional<mode_t> mode;  ///< of a regular file that exists
};

/// Throws std::system_error for a directory, and for a path that cannot be followed.
Target target_of(const fs::path& file) {
  struct stat found = {};
  const bool exists = stat(file.c_str(), &found) == 0;
  if (!exists && (errno != ENOENT || file.empty())) fail(file, errno);
  if (exists ? S_ISDIR(found.st_mode) : !file.has_filename()) fail(file, EISDIR);
  if (exists && !S_ISREG(found.st_mode)) return {file, false, std::nullopt};
  // stat has followed the links, or all but the last, so that there is no loop.
  fs::path regular = file;
  while (fs::is_symlink(fs::symlink_status(regular)))
    regular = folder_of(regular) / fs::read_symlink(regular);
  return {regular, true, exists ? std::optional(found.st_mode & 0777) : std::nullopt};
}

/// A new file in the folder of a target, with a name that no other file has.
struct Temporary {
  fs::path file;
  int descriptor;
};

Temporary make_temporary(const Target& target) {
  std::random_device random;
  for (;;) {
    const fs::path file = folder_of(target.file) / fmt::format(".attnlab-{:08x}{:08x}", random(), random());
    const int descriptor =
        open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, target.mode.value_or(0644));
    if (descriptor >= 0) return {file, descriptor};
    if (errno != EEXIST) fail(target.file, errno);
  }
}

/// Writes and closes; `sync`: the file system holds the bytes. Returns errno of the first failure, else 0.
int fill(int descriptor, std::initializer_list<std::string_view> parts, bool sync) {
  const bool written = std::all_of(parts.begin(), parts.end(),
                                   [&](std::string_view part) { return write_all(descriptor, part); });
  int why = written && (!sync || fsync(descriptor) == 0) ? 0 : errno;
  if (close(descriptor) != 0 && why == 0) why = errno;
  return why;
}

}  // namespace

void write_whole(const fs::path& file, std::initializer_list<std::string_view> parts) {
  const Target target = target_of(file);
  if (!target.is_regular) {
    const int descriptor = open(target.file.c_str(), O_WRONLY | O_CLOEXEC);
    if (descriptor < 0) fail(file, errno);
    if (const int why = fill(descriptor, parts, false); why != 0) fail(file, why);
    return;
  }
  const Temporary temporary = make_temporary(target);
  int why = fill(temporary.descriptor, parts, true);
  if (why == 0 && target.mode && chmod(temporary.file.c_str(), *target.mode) != 0) why = errno;
  if (why == 0 && rename(temporary.file.c_str(), target.file.c_str()) != 0) why = errno;
  if (why != 0) {
    unlink(temporary.file.c_str());
    fail(file, why);
  }
  sync_folder_of(target.file);
}

void check_writable(const fs::path& file) {
  const Target target = target_of(file);
  if (!target.is_regular) {
    if (access(target.file.c_str(), W_OK) != 0) fail(file, errno);
    return;
  }
  const Temporary temporary = make_temporary(target);
  close(temporary.descriptor);
  unlink(temporary.file.c_str());
}

bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t now = write(descriptor, text.data(), text.size());
    if (now < 0 && errno == EINTR) continue;
    if (now <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(now));
  }
  return true;
}

void sync_folder_of(const fs::path& file) {
  const int directory = open(folder_of(file).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return;
  fsync(directory);
  close(directory);
}

}  // namespace attnlab
