// The one error of bad input: names the argument, the value it had and what is allowed.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace attnlab {

class ArgumentError : public std::invalid_argument {
 public:
  /// Message: `ARGUMENT: 'VALUE' is not allowed: ALLOWED`.
  ArgumentError(std::string_view argument, std::string_view value, std::string_view allowed);
};

/// The names of `known` nearest to `given` by edit distance (at most three, nearest first).
std::vector<std::string> nearest_names(std::string_view given, const std::vector<std::string>& known);

/// `unknown; nearest: a, b` or `unknown; one of: …`, for the `allowed` of an ArgumentError.
std::string unknown_name(std::string_view given, const std::vector<std::string>& known);

}  // namespace attnlab
