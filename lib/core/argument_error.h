// The error of bad input. It names the argument, its value, what is wrong with it and what is allowed.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace attnlab {

class ArgumentError : public std::invalid_argument {
 public:
  /// `reason`: what is wrong with `value`. `requirement`: what is allowed; empty if the reason leaves nothing
  /// to add. Message: `ARGUMENT: 'VALUE': REASON; allowed: REQUIREMENT`.
  ArgumentError(std::string_view argument, std::string_view value, std::string_view reason,
                std::string_view requirement);

  const std::string& argument() const { return argument_; }
  const std::string& value() const { return value_; }
  const std::string& reason() const { return reason_; }
  const std::string& requirement() const { return requirement_; }

 private:
  std::string argument_;
  std::string value_;
  std::string reason_;
  std::string requirement_;
};

/// The names of `known` nearest to `given` by edit distance (at most three, nearest first).
std::vector<std::string> nearest_names(std::string_view given, const std::vector<std::string>& known);

/// The error for a `name` that is not in `known`; `value` is or contains the name. It shows the nearest
/// names, or all of them if none is near.
ArgumentError unknown_name(std::string_view argument, std::string_view value, std::string_view name,
                           const std::vector<std::string>& known);

}  // namespace attnlab
