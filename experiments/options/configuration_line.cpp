#include "options/configuration_line.h"

#include <fmt/format.h>

#include <boost/algorithm/string/trim.hpp>

#include "attnlab/core/argument_error.h"

namespace attnlab {

namespace {

bool is_blank_or_comment(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r");
  return first == std::string_view::npos || text[first] == '#';
}

std::string trimmed(std::string_view text) { return boost::algorithm::trim_copy(std::string(text)); }

}  // namespace

std::optional<ConfigurationLine> read_configuration_line(std::string_view line, std::string_view where) {
  if (is_blank_or_comment(line)) return std::nullopt;
  const auto refuse = [&](std::string_view reason, std::string_view requirement) {
    return ArgumentError("config", fmt::format("{}: {}", where, trimmed(line)), reason, requirement);
  };
  if (trimmed(line).front() == '[')
    throw refuse("a section, which these files do not have", "'name = value', a # comment or an empty line");
  const std::size_t equals = line.find('=');
  const std::string name = trimmed(line.substr(0, equals));
  if (equals == std::string_view::npos || name.empty() || name.find('#') != std::string::npos)
    throw refuse("not a setting", "'name = value', a # comment or an empty line");
  std::string_view rest = line.substr(equals + 1);
  const std::size_t first = rest.find_first_not_of(" \t");
  if (first == std::string_view::npos || (rest[first] != '"' && rest[first] != '\''))
    return ConfigurationLine{name, trimmed(rest.substr(0, rest.find('#')))};
  const std::size_t last = rest.find(rest[first], first + 1);
  if (last == std::string_view::npos) throw refuse("the quotes are not closed", "name = \"value\"");
  if (!is_blank_or_comment(rest.substr(last + 1)))
    throw refuse("text after the closing quotes", "quotes around the whole value");
  return ConfigurationLine{name, std::string(rest.substr(first + 1, last - first - 1))};
}

}  // namespace attnlab
