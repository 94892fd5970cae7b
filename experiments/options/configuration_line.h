// A line of a configuration file: `name = value`, a # comment, or nothing. A value with a # is in quotes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace attnlab {

/// Some editors put this in front of UTF-8 text.
inline constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

struct ConfigurationLine {
  std::string name, value;
};

/// The setting of a line; nullopt if it has none. Throws ArgumentError (argument `config`); `where`: file and
/// number of the line, for the error.
std::optional<ConfigurationLine> read_configuration_line(std::string_view line, std::string_view where);

}  // namespace attnlab
