// A file that is there whole or not at all, even after a power cut.
#pragma once

#include <filesystem>
#include <string>

namespace attnlab {

/// Writes `text` beside `file`, syncs it and renames it over `file`. Throws std::system_error; `file` is then
/// as it was.
void write_whole(const std::filesystem::path& file, const std::string& text);

/// Writes all of `text` to a file descriptor; false (errno says why) if not all of it could be.
bool write_all(int descriptor, const std::string& text);

}  // namespace attnlab
