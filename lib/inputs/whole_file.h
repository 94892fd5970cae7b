// Files that are complete or absent, even after a power failure.
#pragma once

#include <filesystem>
#include <initializer_list>
#include <string_view>

namespace attnlab {

/// Writes `parts`, one after another, to a new file in the folder of `file`, syncs it and renames it to
/// `file`. A symbolic link stays a link: its target is replaced. What is no regular file, such as a device or
/// a FIFO, is not replaced: `parts` are written into it. Throws std::system_error, and then leaves a regular
/// file unchanged.
void write_whole(const std::filesystem::path& file, std::initializer_list<std::string_view> parts);

/// Throws std::system_error if write_whole could not write `file`. Leaves no file behind.
void check_writable(const std::filesystem::path& file);

/// Writes all of `text` to a file descriptor. Returns false and sets errno on failure.
bool write_all(int descriptor, std::string_view text);

/// Syncs the folder of `file`, so that names of new and renamed files survive a power failure, if the file
/// system supports it.
void sync_folder_of(const std::filesystem::path& file);

}  // namespace attnlab
