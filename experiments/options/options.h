// The table of options. The command line, configuration files and every --help are made from it.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "attnlab/core/argument_error.h"

namespace attnlab {

/// Bad usage that is not a matter of one value: an option is missing or given twice. Like an ArgumentError it
/// ends the command with one line and status 2.
class UsageError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Values of options as text, by name. An option that was not given and has no default is absent. The value
/// of a flag is "yes".
class Settings {
 public:
  bool has(const std::string& name) const { return values_.contains(name); }
  /// Throws std::logic_error if the option is absent.
  const std::string& text(const std::string& name) const;
  /// The value of an option; the first positional argument. Throw UsageError with `meaning` if it is missing.
  const std::string& required(const std::string& name, std::string_view meaning) const;
  const std::string& required_argument(std::string_view meaning) const;
  /// A whole number from low to high; a number above low. Throw ArgumentError.
  std::int64_t integer(const std::string& name, std::int64_t low, std::int64_t high) const;
  double number(const std::string& name, double low) const;
  /// A number of bytes, such as 4096, 512M or 6G.
  std::int64_t bytes(const std::string& name) const;
  /// One of `allowed`; the first if the option was not given. Throws ArgumentError.
  std::string choice(const std::string& name, const std::vector<std::string>& allowed) const;
  std::vector<std::string> positional;
  std::vector<std::string> arguments;  ///< as typed

  /// `origin`: FILE:LINE in a configuration file; empty for the command line.
  void set(const std::string& name, const std::string& value, const std::string& origin = {}) {
    values_[name] = value;
    origins_[name] = origin;
  }
  std::string origin(const std::string& name) const;
  /// The message of the error, after the origin of the option.
  std::string with_origin(const ArgumentError& error) const;
  /// Sets the default of an option that was not given.
  void fall_back(const std::string& name, const std::string& value) {
    if (values_.emplace(name, value).second) defaults_.insert(name);
  }
  /// Whether the user gave the option, on the command line or in a configuration file.
  bool given(const std::string& name) const { return has(name) && !defaults_.contains(name); }
  const std::map<std::string, std::string>& all() const { return values_; }

 private:
  std::map<std::string, std::string> values_;
  std::map<std::string, std::string> origins_;
  std::set<std::string> defaults_;
};

struct Option {
  std::string_view name;
  std::string_view value;  ///< how the value is shown; empty for a flag
  std::string_view fallback;
  std::string_view help;
  std::string_view needs = {};  ///< the option that it belongs to: --help names it on the line of that option
};
const Option& option_named(std::string_view name);

/// A command: its function, options, arguments and texts.
struct Command {
  std::string_view name;
  int (*run)(const Settings& settings);  ///< returns the exit status
  std::string_view arguments;            ///< such as `DIR`
  std::string_view summary;
  std::vector<std::string_view> options;  ///< names from the table
  std::string_view example;
  std::string_view exit_status;
  std::size_t most_positional = 0;
  std::map<std::string_view, std::vector<std::string>> choices =
      {};  ///< options with a fixed set of values; the first is the default
  std::map<std::string_view, std::string_view> texts = {};  ///< help texts that replace the table's
  bool takes_lists = false;  ///< whether options of kind LIST may have several values
};

/// Parses the arguments of a command and its configuration file, if --config names one; the command line
/// takes precedence. Throws ArgumentError, with file and line, for unknown options, and UsageError for an
/// option given twice.
Settings parse_options(const Command& command, const std::vector<std::string>& arguments);

/// Such as `attnlab report [options] A [B]`.
std::string usage_of(const Command& command);

/// The placeholder for the value of an option, such as FILE.
std::string_view value_of(const Command& command, const Option& option);

/// The help text of an option: what it does, its values and its default.
std::string help_of(const Command& command, const Option& option);

/// Explanations of LIST and of the parentheses, if the command has them.
std::vector<std::string> notes_of(const Command& command);

/// The text of --help: usage, options with their defaults, exit status, an example.
std::string help_text(const Command& command);

/// Names of the options that describe cells: axes of the grid and settings of the measurement.
const std::vector<std::string_view>& cell_options();

}  // namespace attnlab
