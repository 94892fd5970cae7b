// Output files that an option names.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace attnlab {

/// write_whole of lib/inputs for a file named by `option`. Throws ArgumentError with the reason that the
/// system gives.
void write_whole(std::string_view option, const std::filesystem::path& file, const std::string& text);

/// Throws ArgumentError, named after the option, if write_whole or write_npy could not write `file`. Leaves
/// no file behind.
void require_writable(std::string_view option, const std::filesystem::path& file);

}  // namespace attnlab
