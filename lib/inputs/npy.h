// NumPy's .npy files: reads float16, float32, float64, int32 and int64 arrays in C order, of either byte
// order, and writes float32.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attnlab/inputs/stored_array.h"

namespace attnlab {

/// The array of a .npy file. Throws ArgumentError, with argument `argument`, if the file cannot be opened, is
/// not a .npy file, is truncated, has another element type or is in Fortran order.
StoredArray open_npy(std::string_view argument, const std::filesystem::path& file);

/// The same for a part of a file. `name`: of the array, for errors.
StoredArray open_npy(std::string_view argument, const FilePart& part, const std::string& name);

/// Writes a float32 array, as write_whole (whole_file.h) does. Throws ArgumentError.
void write_npy(std::string_view argument, const std::filesystem::path& file,
               const std::vector<std::int64_t>& shape, std::span<const float> values);

}  // namespace attnlab
