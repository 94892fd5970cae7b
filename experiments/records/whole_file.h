// Files that are complete or absent, even after a power failure.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace attnlab {

/// Writes `text` to a temporary file, syncs it and renames it to `file`. Throws std::system_error and then
/// leaves `file` unchanged.
void write_whole(const std::filesystem::path& file, const std::string& text);

/// The same for a file named by `option`. Throws ArgumentError with the reason that the system gives.
void write_whole(std::string_view option, const std::filesystem::path& file, const std::string& text);

/// Throws ArgumentError, named after the option, if write_whole or write_npy could not write `file`. Leaves
/// no file behind.
void require_writable(std::string_view option, const std::filesystem::path& file);

/// Syncs the folder of `file`, so that names of new and renamed files survive a power failure, if the file
/// system supports it.
void sync_folder_of(const std::filesystem::path& file);

/// Writes all of `text` to a file descriptor. Returns false and sets errno on failure.
bool write_all(int descriptor, const std::string& text);

}  // namespace attnlab
