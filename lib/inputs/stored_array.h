// An array within a file, as .npy, .npz and .safetensors files hold it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace attnlab {

enum class ElementType { f16, bf16, f32, f64, i32, i64 };

/// Bytes of a file that hold one thing.
struct FilePart {
  std::filesystem::path file;
  std::int64_t offset = 0;
  std::int64_t bytes = 0;
};

/// The whole file. Throws ArgumentError (argument `argument`) if it cannot be opened.
FilePart whole_of(std::string_view argument, const std::filesystem::path& file);

/// `count` bytes from byte `first` of the part on. Throws ArgumentError if the part or the file is shorter.
std::string read_bytes(std::string_view argument, const FilePart& part, std::int64_t first,
                       std::int64_t count);

struct StoredArray {
  std::string name;  ///< the file, and the array where the file holds several, for errors
  FilePart data;
  std::vector<std::int64_t> shape;  ///< in C order
  ElementType type = ElementType::f32;
  bool big_endian = false;

  std::int64_t count() const;
};

/// Throws ArgumentError for a negative size, or if the elements do not fit in `data`.
void require_complete(std::string_view argument, const StoredArray& array);

/// Throws ArgumentError if the elements are not floats.
void require_floats(std::string_view argument, const StoredArray& array);

struct Floats {
  std::vector<float> values;
  std::int64_t overflowed = 0;  ///< number of finite float64 numbers that float32 does not hold
};

/// `count` elements from element `first` on, as float32; float64 is rounded. Throws ArgumentError.
Floats read_floats(std::string_view argument, const StoredArray& array, std::int64_t first,
                   std::int64_t count);

/// All elements of an array of one dimension of int32 or int64. Throws ArgumentError.
std::vector<std::int64_t> read_integers(std::string_view argument, const StoredArray& array);

}  // namespace attnlab
