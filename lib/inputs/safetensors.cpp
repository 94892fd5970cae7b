#include "attnlab/inputs/safetensors.h"

#define BOOST_BIND_GLOBAL_PLACEHOLDERS  // for Boost 1.74, which else prints a message

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <boost/property_tree/json_parser.hpp>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <sstream>
#include <vector>

#include "attnlab/core/argument_error.h"

namespace attnlab {

namespace {

/// The limit of the format's own code.
constexpr std::int64_t longest_header = 100'000'000;

struct NamedType {
  std::string_view name;
  ElementType type;
};
constexpr std::array types{NamedType{"F16", ElementType::f16}, NamedType{"BF16", ElementType::bf16},
                           NamedType{"F32", ElementType::f32}, NamedType{"F64", ElementType::f64}};

/// A tensor is an object with lists in the object of the file; the parser uses the stack for each level.
bool is_too_deep(std::string_view json) {
  constexpr int deepest = 8;
  int depth = 0;
  bool in_text = false;
  for (std::size_t at = 0; at < json.size(); ++at) {
    if (in_text && json[at] == '\\')
      ++at;
    else if (json[at] == '"')
      in_text = !in_text;
    else if (!in_text && (json[at] == '{' || json[at] == '[') && ++depth > deepest)
      return true;
    else if (!in_text && (json[at] == '}' || json[at] == ']'))
      --depth;
  }
  return false;
}

/// The whole numbers of a list. Throws std::invalid_argument for another list.
std::vector<std::int64_t> numbers_of(const boost::property_tree::ptree& list) {
  std::vector<std::int64_t> numbers;
  for (const auto& [key, item] : list) {
    const std::string& text = item.data();
    std::int64_t number = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (!key.empty() || error != std::errc() || end != text.data() + text.size() || number < 0)
      throw std::invalid_argument(text);
    numbers.push_back(number);
  }
  return numbers;
}

}  // namespace

StoredArray open_safetensors(std::string_view argument, const std::filesystem::path& file,
                             const std::string& name) {
  const std::string shown = fmt::format("{}:{}", file.string(), name);
  const auto refuse = [&](std::string_view reason, std::string_view requirement) {
    return ArgumentError(argument, shown, reason, requirement);
  };
  const FilePart whole = whole_of(argument, file);
  std::int64_t length = -1;
  if (whole.bytes >= 8) std::memcpy(&length, read_bytes(argument, whole, 0, 8).data(), 8);
  if (length < 2 || length > longest_header || length > whole.bytes - 8)
    throw refuse("not a .safetensors file, or truncated: it has no header of its length", {});
  const std::string header = read_bytes(argument, whole, 8, length);
  boost::property_tree::ptree tensors;
  try {
    if (is_too_deep(header)) throw std::invalid_argument("too many levels");
    std::istringstream stream(header);
    boost::property_tree::read_json(stream, tensors);
  } catch (const std::exception& error) {
    throw refuse(fmt::format("the header is not JSON: {}", error.what()), {});
  }
  const auto found = std::find_if(tensors.begin(), tensors.end(),
                                  [&](const auto& candidate) { return candidate.first == name; });
  if (found == tensors.end() || name == "__metadata__") {
    std::vector<std::string> names;
    for (const auto& [key, tensor] : tensors)
      if (key != "__metadata__") names.push_back(key);
    throw refuse("the file has no such tensor", fmt::format("{}", fmt::join(names, ", ")));
  }
  const boost::property_tree::ptree& tensor = found->second;
  const auto type = std::find_if(
      types.begin(), types.end(),
      [&, dtype = tensor.get("dtype", "")](const NamedType& named) { return named.name == dtype; });
  if (type == types.end())
    throw refuse(fmt::format("unsupported dtype {}", tensor.get("dtype", "(none)")), "F16, BF16, F32 or F64");
  StoredArray array{shown, {file, 8 + length, 0}, {}, type->type};
  std::vector<std::int64_t> offsets;
  try {
    array.shape = numbers_of(tensor.get_child("shape"));
    offsets = numbers_of(tensor.get_child("data_offsets"));
  } catch (const std::exception&) {
  }
  if (offsets.size() != 2 || offsets[0] > offsets[1] || offsets[1] > whole.bytes - 8 - length)
    throw refuse("the header has no shape or no place of the data within the file", {});
  array.data.offset += offsets[0];
  array.data.bytes = offsets[1] - offsets[0];
  require_complete(argument, array);
  return array;
}

}  // namespace attnlab
