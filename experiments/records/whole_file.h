// A file that is there whole or not at all, even after a power cut.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace attnlab {

/// Writes `text` beside `file`, syncs it and renames it over `file`. Throws std::system_error; `file` is then
/// as it was.
void write_whole(const std::filesystem::path& file, const std::string& text);

/// The same for the file of `option`: throws ArgumentError with the system's reason.
void write_whole(std::string_view option, const std::filesystem::path& file, const std::string& text);

/// Throws ArgumentError, named after the option, if write_whole, or write_npy, could not write `file`. Leaves
/// nothing.
void require_writable(std::string_view option, const std::filesystem::path& file);

/// Makes the names of new and renamed files in the folder of `file` last, where the file system can sync one.
void sync_folder_of(const std::filesystem::path& file);

/// Writes all of `text` to a file descriptor; false (errno says why) if not all of it could be.
bool write_all(int descriptor, const std::string& text);

}  // namespace attnlab
