// The directory of one run: run.json (the options of the run), records.jsonl (one record a line, each
// appended and synced by itself), set-aside.jsonl (lines that a resumed sweep removed) and lock.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "cell/cell.h"

namespace attnlab {

/// A record could not be written. The records before it are whole.
class RecordError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A file descriptor that is closed on destruction; -1: none.
class Descriptor {
 public:
  explicit Descriptor(int descriptor = -1) : descriptor_(descriptor) {}
  ~Descriptor();
  Descriptor(Descriptor&& other) noexcept;
  Descriptor& operator=(Descriptor&& other) noexcept;
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

class RunDirectory {
 public:
  /// Creates `directory` if it does not exist and locks it for the lifetime of the object. Throws
  /// ArgumentError (argument `out`), and leaves nothing behind, if another sweep holds the lock, if the
  /// directory cannot be written, or if it holds a run and `resume` is false.
  RunDirectory(const std::filesystem::path& directory, bool resume);

  /// The contents of run.json; null if there is no run yet.
  const Json& run() const { return run_; }
  /// Writes run.json. Throws ArgumentError (`out`).
  void begin(const Json& run);

  /// Moves incomplete lines, and records for which `why_not` returns a reason, from records.jsonl to
  /// set-aside.jsonl. Throws RecordError, and then loses nothing.
  struct Kept {
    std::vector<Json> records;
    std::map<std::string, std::int64_t> set_aside;  ///< number of lines, by reason
  };
  Kept keep(const std::function<std::string(const Json&)>& why_not);

  /// Appends one line and syncs it. If that fails, removes the part of the line that was written and throws
  /// RecordError.
  void append(const Json& record);

  const std::filesystem::path& file() const { return file_; }
  std::filesystem::path set_aside_file() const { return directory_ / "set-aside.jsonl"; }

 private:
  void open_records();

  std::filesystem::path directory_;
  std::filesystem::path file_;
  Json run_;
  Descriptor lock_;
  Descriptor records_;
};

/// A record as one line, without the line end.
std::string to_line(const Json& record);

}  // namespace attnlab
