// NumPy's .npy files: reads float16, float32, float64, int32 and int64 arrays in C order, writes float32.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace attnlab {

struct NpyHeader {
  std::vector<std::int64_t> shape;
  int element_bytes = 0;  ///< little-endian: 2, 4 or 8 for floats, 4 or 8 for integers
  std::int64_t data_offset = 0;

  std::int64_t count() const;
};

/// Reads and checks the header. Throws ArgumentError, with argument `argument`, if the file cannot be opened,
/// is not a .npy file, is truncated, has another element type or is in Fortran order.
NpyHeader read_npy_header(std::string_view argument, const std::filesystem::path& file);

/// `count` elements from element `first` on, as float32; float64 is rounded. Throws as above.
std::vector<float> read_npy(std::string_view argument, const std::filesystem::path& file,
                            const NpyHeader& header, std::int64_t first, std::int64_t count);

/// A one-dimensional array of int32 or int64. Throws ArgumentError as above.
std::vector<std::int64_t> read_npy_integers(std::string_view argument, const std::filesystem::path& file);

/// Writes a float32 array, as write_whole (whole_file.h) does. Throws ArgumentError.
void write_npy(std::string_view argument, const std::filesystem::path& file,
               const std::vector<std::int64_t>& shape, std::span<const float> values);

}  // namespace attnlab
