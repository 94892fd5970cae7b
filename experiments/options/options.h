// The one table of options: the command line, configuration files and every --help are made from it.
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

/// Bad usage that is no single value's fault: something is missing, given twice, or too much. Ends as an
/// ArgumentError does: one line, status 2.
class UsageError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Values as text, by option name; an option that was not given and has no default is absent. Flags are
/// "yes".
class Settings {
 public:
  bool has(const std::string& name) const { return values_.contains(name); }
  /// Throws std::logic_error if it is absent.
  const std::string& text(const std::string& name) const;
  /// An option, or the first argument that is none. Throw UsageError, which says what it should be, if there
  /// is none.
  const std::string& required(const std::string& name, std::string_view meaning) const;
  const std::string& required_argument(std::string_view meaning) const;
  /// A whole number of low … high, or a number above low. Throw ArgumentError.
  std::int64_t integer(const std::string& name, std::int64_t low, std::int64_t high) const;
  double number(const std::string& name, double low) const;
  /// Bytes, as in 4096, 512M, 6G.
  std::int64_t bytes(const std::string& name) const;
  /// One of `allowed`, the first if it was not given. Throws ArgumentError.
  std::string choice(const std::string& name, const std::vector<std::string>& allowed) const;
  std::vector<std::string> positional;
  std::vector<std::string> arguments;  ///< as they were typed

  /// `origin`: FILE:LINE of a configuration file, or empty.
  void set(const std::string& name, const std::string& value, const std::string& origin = {}) {
    values_[name] = value;
    origins_[name] = origin;
  }
  std::string origin(const std::string& name) const;
  /// The error's message, behind the origin of the option that it names.
  std::string with_origin(const ArgumentError& error) const;
  /// The default of an option that was not given.
  void fall_back(const std::string& name, const std::string& value) {
    if (values_.emplace(name, value).second) defaults_.insert(name);
  }
  /// By the user: on the command line or in a configuration file.
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
};
const Option& option_named(std::string_view name);

/// What one command takes.
struct Command {
  std::string_view name;
  int (*run)(const Settings& settings);  ///< returns the exit status
  std::string_view arguments;            ///< as in `DIR`
  std::string_view summary;
  std::vector<std::string_view> options;  ///< names from the table
  std::string_view example;
  std::string_view exit_status;
  std::size_t most_positional = 0;
  std::map<std::string_view, std::vector<std::string>> choices =
      {};  ///< values, where an option has no others; the first is the default
  std::map<std::string_view, std::string_view> texts = {};  ///< help, where not the table's
  bool takes_lists = false;                                 ///< else one value where the table says LIST
};

/// Parses `arguments` for a command, with its configuration file if it names one (the command line wins).
/// Throws ArgumentError for anything it does not know, with the nearest names, and the file and line where it
/// stood; UsageError for an option given twice.
Settings parse_options(const Command& command, const std::vector<std::string>& arguments);

/// As in `attnlab report [options] A [B]`.
std::string usage_of(const Command& command);

/// How the value of a command's option is shown.
std::string_view value_of(const Command& command, const Option& option);

/// What an option of a command does, the values that it may have and its default.
std::string help_of(const Command& command, const Option& option);

/// How to read the options: what LIST and parentheses mean, a line each, where the command has them.
std::vector<std::string> notes_of(const Command& command);

/// One screen: usage, options with their defaults, an example.
std::string help_text(const Command& command);

/// Names of the options that describe cells: every one makes an axis of a grid or a setting of a sweep.
const std::vector<std::string_view>& cell_options();

}  // namespace attnlab
