#include "attnlab/variants/arguments.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "attnlab/core/argument_error.h"

namespace attnlab {

namespace {

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

/// Parses the whole of `text` as a number; returns false if that fails.
template <class Number>
bool parse_number(std::string_view text, Number& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

Arguments::Arguments(std::string_view what, std::string name, std::vector<std::string> values)
    : what_(what), name_(std::move(name)), values_(std::move(values)) {}

void Arguments::require_count(std::size_t least, std::size_t most, std::string_view parameters) const {
  if (values_.size() >= least && values_.size() <= most) return;
  throw ArgumentError(what_, to_string(), "wrong number of parameters",
                      parameters.empty() ? fmt::format("{} without parameters", name_)
                                         : fmt::format("{} with {}", name_, parameters));
}

double Arguments::number(std::size_t index, std::string_view parameter, double low, double high,
                         bool low_included) const {
  double value = 0;
  const bool is_number = parse_number(values_.at(index), value) && std::isfinite(value);
  if (!is_number || (low_included ? value < low : value <= low) || value > high)
    throw ArgumentError(
        what_, to_string(),
        fmt::format("{} is {}", parameter, is_number ? "out of range" : "not a finite number"),
        fmt::format("{} {} {} <= {:g}", low, low_included ? "<=" : "<", parameter, high));
  return value;
}

double Arguments::factor(std::size_t index, std::string_view parameter) const {
  return number(index, parameter, least_factor, largest_factor, true);
}

std::int64_t Arguments::integer(std::size_t index, std::string_view parameter, std::int64_t low,
                                std::int64_t high) const {
  std::int64_t value = 0;
  const bool is_integer = parse_number(values_.at(index), value);
  if (!is_integer || value < low || value > high)
    throw ArgumentError(what_, to_string(),
                        fmt::format("{} is {}", parameter, is_integer ? "out of range" : "not an integer"),
                        fmt::format("an integer from {} to {}", low, high));
  return value;
}

std::string Arguments::to_string() const {
  return values_.empty() ? name_ : fmt::format("{}({})", name_, fmt::join(values_, ","));
}

Arguments parse_call(std::string_view what, std::string_view text) {
  const std::string_view whole = trim(text);
  const std::size_t open = whole.find('(');
  const std::string_view name = trim(whole.substr(0, open));
  if (!is_name(name)) throw ArgumentError(what, text, "malformed name", "name or name(number, ...)");
  std::vector<std::string> values;
  if (open != std::string_view::npos) {
    if (whole.back() != ')')
      throw ArgumentError(what, text, "unclosed parenthesis", "name or name(number, ...)");
    const std::string_view inside = whole.substr(open + 1, whole.size() - open - 2);
    if (inside.find_first_of("()") != std::string_view::npos)
      throw ArgumentError(what, text, "parenthesis inside parentheses", "name or name(number, ...)");
    if (!trim(inside).empty())
      for (const std::string_view value : split_outside_parentheses(inside, ',')) values.emplace_back(value);
  }
  return Arguments(what, std::string(name), std::move(values));
}

std::vector<std::string_view> split_outside_parentheses(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  int depth = 0;
  std::size_t start = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '(') ++depth;
    if (text[at] == ')') --depth;
    if (text[at] == separator && depth == 0) {
      parts.push_back(trim(text.substr(start, at - start)));
      start = at + 1;
    }
  }
  parts.push_back(trim(text.substr(start)));
  return parts;
}

std::string call_name(std::string_view name, const std::vector<double>& arguments) {
  return arguments.empty() ? std::string(name) : fmt::format("{}({})", name, fmt::join(arguments, ","));
}

}  // namespace attnlab
