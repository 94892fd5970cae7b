#include "harness/command.h"

#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace attnlab {

namespace fs = std::filesystem;

Result command(const std::string& arguments, const std::string& before) {
  const char* const program = std::getenv("ATTNLAB_COMMAND");
  if (program == nullptr)
    throw std::runtime_error("ATTNLAB_COMMAND must name the attnlab command: run by ctest");
  const TemporaryDirectory directory;
  const std::string line = before + " " + program + " " + arguments + " > '" + (directory / "out").string() +
                           "' 2> '" + (directory / "err").string() + "'";
  const int status = std::system(line.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), read_file(directory / "out"),
          read_file(directory / "err")};
}

std::vector<nlohmann::json> records(const fs::path& directory) {
  std::vector<nlohmann::json> list;
  std::istringstream lines(read_file(directory / "records.jsonl"));
  for (std::string line; std::getline(lines, line);) {
    nlohmann::json record = nlohmann::json::parse(line);
    if (!record.at("cell").at("twin").get<bool>()) list.push_back(std::move(record));
  }
  return list;
}

std::string read_file(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

void write_file(const fs::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary) << text;
}

}  // namespace attnlab
