// A file that is there whole or not at all, even after a power cut.
#pragma once

#include <filesystem>
#include <string>

namespace attnlab {

/// Writes `text` beside `file`, syncs it and renames it over `file`. Throws std::system_error; `file` is then
/// as it was.
void write_whole(const std::filesystem::path& file, const std::string& text);

/// Makes the names of new and renamed files in the folder of `file` last, where the file system can sync one.
void sync_folder_of(const std::filesystem::path& file);

/// Writes all of `text` to a file descriptor; false (errno says why) if not all of it could be.
bool write_all(int descriptor, const std::string& text);

}  // namespace attnlab
