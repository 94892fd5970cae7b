#include "attnlab/inputs/stored_array.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>

#include "attnlab/core/argument_error.h"
#include "attnlab/core/dtype.h"

namespace attnlab {

namespace {

std::int64_t bytes_of(ElementType type) {
  switch (type) {
    case ElementType::f16:
    case ElementType::bf16:
      return 2;
    case ElementType::f32:
    case ElementType::i32:
      return 4;
    case ElementType::f64:
    case ElementType::i64:
      return 8;
  }
  return 8;
}

std::string_view name_of(ElementType type) {
  switch (type) {
    case ElementType::f16:
      return "float16";
    case ElementType::bf16:
      return "bfloat16";
    case ElementType::f32:
      return "float32";
    case ElementType::f64:
      return "float64";
    case ElementType::i32:
      return "int32";
    case ElementType::i64:
      return "int64";
  }
  return "";
}

bool is_integer(ElementType type) { return type == ElementType::i32 || type == ElementType::i64; }

/// Element `index` of raw bytes.
template <class Element>
Element element_at(const std::string& raw, std::size_t index, bool big_endian) {
  char bytes[sizeof(Element)];
  std::memcpy(bytes, raw.data() + index * sizeof(Element), sizeof(Element));
  if (big_endian) std::reverse(std::begin(bytes), std::end(bytes));
  return std::bit_cast<Element>(bytes);
}

std::string read_elements(std::string_view argument, const StoredArray& array, std::int64_t first,
                          std::int64_t count) {
  const std::int64_t bytes = bytes_of(array.type);
  return read_bytes(argument, array.data, first * bytes, count * bytes);
}

}  // namespace

FilePart whole_of(std::string_view argument, const std::filesystem::path& file) {
  std::error_code failed;
  const auto bytes = static_cast<std::int64_t>(std::filesystem::file_size(file, failed));
  errno = 0;
  if (!failed && !std::ifstream(file, std::ios::binary)) failed.assign(errno, std::generic_category());
  if (failed)
    throw ArgumentError(argument, file.string(), fmt::format("cannot open the file: {}", failed.message()),
                        {});
  return {file, 0, bytes};
}

std::string read_bytes(std::string_view argument, const FilePart& part, std::int64_t first,
                       std::int64_t count) {
  std::string bytes;
  const bool inside = first >= 0 && count >= 0 && first <= part.bytes && count <= part.bytes - first;
  std::ifstream stream(part.file, std::ios::binary);
  if (inside && stream.seekg(part.offset + first)) {
    bytes.resize(static_cast<std::size_t>(count));
    stream.read(bytes.data(), count);
  }
  if (!inside || !stream) throw ArgumentError(argument, part.file.string(), "the file is truncated", {});
  return bytes;
}

std::int64_t StoredArray::count() const {
  std::int64_t product = 1;
  for (const std::int64_t size : shape) product *= size;
  return product;
}

void require_complete(std::string_view argument, const StoredArray& array) {
  const std::int64_t bytes = bytes_of(array.type);
  double elements = 1;  // the product may overflow a whole number
  for (const std::int64_t size : array.shape) {
    if (size < 0) throw ArgumentError(argument, array.name, "a size of the array is negative", {});
    elements *= static_cast<double>(size);
  }
  if (elements * static_cast<double>(bytes) > static_cast<double>(array.data.bytes))
    throw ArgumentError(
        argument, array.name,
        fmt::format("the file is truncated: {} elements of {} bytes each do not fit in its {} bytes",
                    fmt::join(array.shape, " x "), bytes, array.data.bytes),
        {});
}

void require_floats(std::string_view argument, const StoredArray& array) {
  if (is_integer(array.type))
    throw ArgumentError(argument, array.name, fmt::format("the elements are {}", name_of(array.type)),
                        "float16, bfloat16, float32 or float64");
}

Floats read_floats(std::string_view argument, const StoredArray& array, std::int64_t first,
                   std::int64_t count) {
  require_floats(argument, array);
  const std::string raw = read_elements(argument, array, first, count);
  Floats floats{std::vector<float>(static_cast<std::size_t>(count))};
  for (std::size_t t = 0; t < floats.values.size(); ++t) {
    float& value = floats.values[t];
    switch (array.type) {
      case ElementType::f16:
        value = static_cast<float>(element_at<f16>(raw, t, array.big_endian));
        break;
      case ElementType::bf16:
        value = static_cast<float>(element_at<bf16>(raw, t, array.big_endian));
        break;
      case ElementType::f64: {
        const auto wide = element_at<double>(raw, t, array.big_endian);
        value = static_cast<float>(wide);
        floats.overflowed += std::isfinite(wide) && !std::isfinite(value);
        break;
      }
      default:
        value = element_at<float>(raw, t, array.big_endian);
    }
  }
  return floats;
}

std::vector<std::int64_t> read_integers(std::string_view argument, const StoredArray& array) {
  if (array.shape.size() != 1)
    throw ArgumentError(argument, array.name, fmt::format("{} dimensions", array.shape.size()),
                        "one dimension");
  if (!is_integer(array.type))
    throw ArgumentError(argument, array.name, fmt::format("the elements are {}", name_of(array.type)),
                        "int32 or int64");
  const std::string raw = read_elements(argument, array, 0, array.count());
  std::vector<std::int64_t> values(static_cast<std::size_t>(array.count()));
  for (std::size_t t = 0; t < values.size(); ++t)
    values[t] = array.type == ElementType::i32 ? element_at<std::int32_t>(raw, t, array.big_endian)
                                               : element_at<std::int64_t>(raw, t, array.big_endian);
  return values;
}

}  // namespace attnlab
