#include "records/whole_file.h"

#include <fmt/format.h>

#include <system_error>

#include "attnlab/core/argument_error.h"
#include "attnlab/inputs/whole_file.h"

namespace attnlab {

namespace {

ArgumentError unwritable(std::string_view option, const std::filesystem::path& file,
                         const std::system_error& error) {
  return {option, file.string(), fmt::format("cannot write the file: {}", error.code().message()), {}};
}

}  // namespace

void write_whole(std::string_view option, const std::filesystem::path& file, const std::string& text) {
  try {
    write_whole(file, {text});
  } catch (const std::system_error& error) {
    throw unwritable(option, file, error);
  }
}

void require_writable(std::string_view option, const std::filesystem::path& file) {
  try {
    check_writable(file);
  } catch (const std::system_error& error) {
    throw unwritable(option, file, error);
  }
}

}  // namespace attnlab
