// DIR/records.jsonl: one record a line, appended and synced one by one. DIR/run.json: what was asked for.
#pragma once

#include <filesystem>
#include <stdexcept>

#include "cell.h"

namespace attnlab {

/// A record could not be written; what had been written before is whole.
class RecordError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

class RecordWriter {
 public:
  /// Makes `directory` and its run.json. Throws ArgumentError (`out`) if it holds a run already or cannot be
  /// written; nothing is left behind then.
  RecordWriter(const std::filesystem::path& directory, const Json& run);
  ~RecordWriter();
  RecordWriter(const RecordWriter&) = delete;
  RecordWriter& operator=(const RecordWriter&) = delete;

  /// Appends one line and syncs it. Throws RecordError, after taking back what was written of the line.
  void append(const Json& record);

  const std::filesystem::path& file() const { return file_; }

 private:
  std::filesystem::path file_;
  int descriptor_ = -1;
};

}  // namespace attnlab
