#include "attnlab/inputs/npy.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <system_error>

#include "attnlab/core/argument_error.h"
#include "attnlab/inputs/whole_file.h"

namespace attnlab {

namespace {

constexpr std::string_view magic = "\x93NUMPY";

/// The text after `'key':` in the header's dictionary.
std::string_view header_value(std::string_view header, std::string_view key) {
  const std::size_t at = header.find(fmt::format("'{}'", key));
  if (at == std::string_view::npos) return {};
  std::string_view rest = header.substr(at + key.size() + 2);
  rest.remove_prefix(std::min(rest.size(), rest.find_first_not_of(" :")));
  return rest;
}

struct NamedType {
  std::string_view name;
  ElementType type;
};
constexpr std::array types{NamedType{"f2", ElementType::f16}, NamedType{"f4", ElementType::f32},
                           NamedType{"f8", ElementType::f64}, NamedType{"i4", ElementType::i32},
                           NamedType{"i8", ElementType::i64}};

/// Sets type and byte order from a descriptor such as '<f4'; returns false for other types.
bool set_type(std::string_view descriptor, StoredArray& array) {
  if (descriptor.size() < 5 || descriptor[0] != '\'' || descriptor[4] != '\'') return false;
  if (descriptor[1] != '<' && descriptor[1] != '>') return false;
  array.big_endian = descriptor[1] == '>';
  for (const NamedType& named : types) {
    if (descriptor.substr(2, 2) != named.name) continue;
    array.type = named.type;
    return true;
  }
  return false;
}

/// The sizes in `(2, 3)`; NumPy under Python 2 wrote `(2L, 3L)`. Returns false for other text.
bool set_shape(std::string_view text, StoredArray& array) {
  const std::size_t close = text.find(')');
  if (!text.starts_with('(') || close == std::string_view::npos) return false;
  text = text.substr(1, close - 1);
  while (true) {
    text.remove_prefix(std::min(text.size(), text.find_first_not_of(' ')));
    if (text.empty()) return true;
    std::int64_t size = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
    if (error != std::errc() || size < 0) return false;
    array.shape.push_back(size);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (text.starts_with('L')) text.remove_prefix(1);
    text.remove_prefix(std::min(text.size(), text.find_first_not_of(' ')));
    if (!text.empty() && text[0] != ',') return false;
    if (!text.empty()) text.remove_prefix(1);
  }
}

}  // namespace

StoredArray open_npy(std::string_view argument, const std::filesystem::path& file) {
  return open_npy(argument, whole_of(argument, file), file.string());
}

StoredArray open_npy(std::string_view argument, const FilePart& part, const std::string& name) {
  const auto refuse = [&](std::string_view reason, std::string_view requirement) {
    return ArgumentError(argument, name, reason, requirement);
  };
  const std::string start = read_bytes(argument, part, 0, std::min<std::int64_t>(part.bytes, 12));
  if (!start.starts_with(magic)) throw refuse("not a .npy file", "a file that begins with \\x93NUMPY");
  const bool long_header = start.size() > 6 && start[6] >= 2;
  const std::size_t before = long_header ? 12 : 10;
  std::uint32_t length = 0;
  if (start.size() >= before) std::memcpy(&length, start.data() + 8, before - 8);
  StoredArray array{name, part, {}};
  array.data.offset += static_cast<std::int64_t>(before) + length;
  array.data.bytes -= static_cast<std::int64_t>(before) + length;
  if (start.size() < before || array.data.bytes < 0)
    throw refuse("the file is truncated: its header is incomplete", {});
  const std::string text = read_bytes(argument, part, static_cast<std::int64_t>(before), length);
  const std::string_view descriptor = header_value(text, "descr");
  if (!set_type(descriptor, array))
    throw refuse(fmt::format("unsupported dtype {}", descriptor.substr(0, 5)),
                 "float16, float32, float64, int32 or int64");
  if (!header_value(text, "fortran_order").starts_with("False"))
    throw refuse("the array is in Fortran order", "C order (numpy.ascontiguousarray)");
  if (!set_shape(header_value(text, "shape"), array))
    throw refuse("the header's shape is not a list of sizes", {});
  require_complete(argument, array);
  return array;
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
