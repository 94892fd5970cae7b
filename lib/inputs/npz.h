// Arrays of .npz files, which are zip archives of .npy files, as numpy.savez writes them: not compressed.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "attnlab/inputs/stored_array.h"

namespace attnlab {

/// The array `name` of a .npz file. Throws ArgumentError, with argument `argument`, if the file is no zip
/// archive, has no such array, or has it compressed, and as open_npy does.
StoredArray open_npz(std::string_view argument, const std::filesystem::path& file, const std::string& name);

}  // namespace attnlab
