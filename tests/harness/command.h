// Runs the attnlab command as a user would.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/temporary_directory.h"

namespace attnlab {

struct Result {
  int status = 0;
  std::string out;
  std::string err;
};

/// Runs the command with `arguments` in a shell; `before` precedes it (ulimit, environment).
Result command(const std::string& arguments, const std::string& before = "");

/// Options for sweeps whose figures do not matter.
inline const std::string short_rounds = " --rounds 2 --max-rounds 2 --retries 0 --min-time 0.001 --heads 2 ";

/// Every record of directory/records.jsonl except the twins of A/A pairs.
std::vector<nlohmann::json> records(const std::filesystem::path& directory);

std::string read_file(const std::filesystem::path& file);
void write_file(const std::filesystem::path& file, const std::string& text);

}  // namespace attnlab
