// A directory of one run: run.json (what was asked for), records.jsonl (one record a line, appended and
// synced one by one), set-aside.jsonl (lines that a resumed sweep took out), lock.
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

/// A record could not be written; what had been written before is whole.
class RecordError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A file descriptor that closes itself; -1: none.
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
  /// Makes `directory` if need be and locks it until the end. Throws ArgumentError (`out`) if another sweep
  /// is at work in it, if it cannot be written, or if it holds a run and `resume` is false; nothing is left
  /// behind then.
  RunDirectory(const std::filesystem::path& directory, bool resume);

  /// What the run in it was asked for; null if it holds none yet.
  const Json& run() const { return run_; }
  /// Writes run.json. Throws ArgumentError (`out`).
  void begin(const Json& run);

  /// Takes out of records.jsonl every line that is no whole record, and every record for which `why_not`
  /// gives a reason, and appends them to set-aside.jsonl. Throws RecordError; nothing is lost then.
  struct Kept {
    std::vector<Json> records;
    std::map<std::string, std::int64_t> set_aside;  ///< how many, by reason
  };
  Kept keep(const std::function<std::string(const Json&)>& why_not);

  /// Appends one line and syncs it. Throws RecordError, after taking back what was written of the line.
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

/// A record as its line, without the line's end.
std::string to_line(const Json& record);

}  // namespace attnlab
