#include "attnlab/inputs/npy.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <bit>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fstream>
#include <system_error>

#include "attnlab/core/argument_error.h"
#include "attnlab/inputs/whole_file.h"

namespace attnlab {

namespace {

constexpr std::string_view magic = "\x93NUMPY";

/// Converts IEEE binary16 to binary32, exactly.
float half_to_float(std::uint16_t half) {
  const int exponent = (half >> 10) & 31;
  const float mantissa = static_cast<float>(half & 0x3ff);
  float value;
  if (exponent == 0)
    value = std::ldexp(mantissa, -24);
  else if (exponent == 31)
    value = mantissa == 0 ? HUGE_VALF : NAN;
  else
    value = std::ldexp(mantissa + 1024, exponent - 25);
  return half & 0x8000 ? -value : value;
}

/// The text after `'key':` in the header's dictionary.
std::string_view header_value(std::string_view header, std::string_view key) {
  const std::size_t at = header.find(fmt::format("'{}'", key));
  if (at == std::string_view::npos) return {};
  std::string_view rest = header.substr(at + key.size() + 2);
  rest.remove_prefix(std::min(rest.size(), rest.find_first_not_of(" :")));
  return rest;
}

/// The element types that an array may have, and their names in errors.
struct ElementTypes {
  std::initializer_list<std::pair<std::string_view, int>> bytes;  ///< size of each descriptor
  std::string_view names;
};
const ElementTypes floats{{{"'<f2'", 2}, {"'<f4'", 4}, {"'<f8'", 8}},
                          "little-endian float16, float32 or float64"};
const ElementTypes integers{{{"'<i4'", 4}, {"'<i8'", 8}}, "little-endian int32 or int64"};

}  // namespace

std::int64_t NpyHeader::count() const {
  std::int64_t product = 1;
  for (const std::int64_t size : shape) product *= size;
  return product;
}

namespace {

NpyHeader read_header(std::string_view argument, const std::filesystem::path& file,
                      const ElementTypes& types) {
  const auto refuse = [&](std::string_view reason, std::string_view requirement) {
    return ArgumentError(argument, file.string(), reason, requirement);
  };
  std::error_code failed;
  const auto file_bytes = static_cast<std::int64_t>(std::filesystem::file_size(file, failed));
  std::ifstream stream(file, std::ios::binary);
  if (failed || !stream)
    throw refuse(fmt::format("cannot open the file: {}", failed ? failed.message() : std::strerror(errno)),
                 {});
  char start[12] = {};
  stream.read(start, 10);
  if (!stream || std::string_view(start, 6) != magic)
    throw refuse("not a .npy file", "a file that begins with \\x93NUMPY");
  const bool long_header = start[6] >= 2;
  if (long_header) stream.read(start + 10, 2);
  std::uint32_t length = 0;
  std::memcpy(&length, start + 8, long_header ? 4 : 2);
  NpyHeader header;
  header.data_offset = (long_header ? 12 : 10) + static_cast<std::int64_t>(length);
  if (!stream || header.data_offset > file_bytes)
    throw refuse("the file is truncated: its header is incomplete", {});
  std::string text(length, '\0');
  stream.read(text.data(), length);

  const std::string_view type = header_value(text, "descr").substr(0, 5);
  for (const auto& [name, bytes] : types.bytes)
    if (type == name) header.element_bytes = bytes;
  if (header.element_bytes == 0) throw refuse(fmt::format("unsupported dtype {}", type), types.names);
  if (!header_value(text, "fortran_order").starts_with("False"))
    throw refuse("the array is in Fortran order", "C order (numpy.ascontiguousarray)");
  std::string_view shape = header_value(text, "shape");
  const std::size_t close = shape.find(')');
  if (!shape.starts_with('(') || close == std::string_view::npos) throw refuse("the header has no shape", {});
  shape = shape.substr(1, close - 1);
  double elements = 1;
  while (!shape.empty()) {
    std::int64_t size = 0;
    const auto [end, error] = std::from_chars(shape.data(), shape.data() + shape.size(), size);
    if (error != std::errc() || size < 0) throw refuse("the header's shape is not a list of sizes", {});
    header.shape.push_back(size);
    elements *= static_cast<double>(size);
    shape.remove_prefix(static_cast<std::size_t>(end - shape.data()));
    const std::size_t next = shape.find_first_not_of(" ,");
    shape = next == std::string_view::npos ? std::string_view{} : shape.substr(next);
  }
  if (elements * header.element_bytes > static_cast<double>(file_bytes - header.data_offset))
    throw refuse(fmt::format("the file is truncated: {} elements of {} bytes each do not fit in its {} bytes",
                             fmt::join(header.shape, " x "), header.element_bytes, file_bytes),
                 {});
  return header;
}

/// `count` elements from element `first` on, as raw bytes.
std::vector<char> read_elements(std::string_view argument, const std::filesystem::path& file,
                                const NpyHeader& header, std::int64_t first, std::int64_t count) {
  std::ifstream stream(file, std::ios::binary);
  stream.seekg(header.data_offset + first * header.element_bytes);
  std::vector<char> raw(static_cast<std::size_t>(count * header.element_bytes));
  stream.read(raw.data(), static_cast<std::streamsize>(raw.size()));
  if (!stream) throw ArgumentError(argument, file.string(), "the file ended early", {});
  return raw;
}

}  // namespace

NpyHeader read_npy_header(std::string_view argument, const std::filesystem::path& file) {
  return read_header(argument, file, floats);
}

std::vector<std::int64_t> read_npy_integers(std::string_view argument, const std::filesystem::path& file) {
  const NpyHeader header = read_header(argument, file, integers);
  if (header.shape.size() != 1)
    throw ArgumentError(argument, file.string(), fmt::format("{} dimensions", header.shape.size()),
                        "one dimension");
  const std::vector<char> raw = read_elements(argument, file, header, 0, header.count());
  std::vector<std::int64_t> values(static_cast<std::size_t>(header.count()));
  for (std::size_t at = 0; at < values.size(); ++at) {
    if (header.element_bytes == 4) {
      std::int32_t value = 0;
      std::memcpy(&value, raw.data() + at * 4, 4);
      values[at] = value;
    } else {
      std::memcpy(&values[at], raw.data() + at * 8, 8);
    }
  }
  return values;
}

std::vector<float> read_npy(std::string_view argument, const std::filesystem::path& file,
                            const NpyHeader& header, std::int64_t first, std::int64_t count) {
  const std::vector<char> raw = read_elements(argument, file, header, first, count);
  std::vector<float> values(static_cast<std::size_t>(count));
  if (header.element_bytes == 4) {
    std::memcpy(values.data(), raw.data(), raw.size());
  } else {
    for (std::size_t t = 0; t < values.size(); ++t) {
      if (header.element_bytes == 2) {
        std::uint16_t half;
        std::memcpy(&half, raw.data() + 2 * t, 2);
        values[t] = half_to_float(half);
      } else {
        double wide;
        std::memcpy(&wide, raw.data() + 8 * t, 8);
        values[t] = static_cast<float>(wide);
      }
    }
  }
  return values;
}

void write_npy(std::string_view argument, const std::filesystem::path& file,
               const std::vector<std::int64_t>& shape, std::span<const float> values) {
  std::string header =
      fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({},), }}", fmt::join(shape, ", "));
  header.append(64 - (10 + header.size() + 1) % 64, ' ');
  header += '\n';
  const auto length = static_cast<std::uint16_t>(header.size());
  const std::span<const std::byte> bytes = std::as_bytes(values);
  try {
    write_whole(file, {magic, std::string_view("\x01\x00", 2),
                       std::string_view(reinterpret_cast<const char*>(&length), 2), header,
                       std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size())});
  } catch (const std::system_error& error) {
    throw ArgumentError(argument, file.string(),
                        fmt::format("cannot write the file: {}", error.code().message()), {});
  }
}

}  // namespace attnlab
