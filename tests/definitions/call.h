// `name(argument, …)` taken apart, and learned parameters as plain arrays: what definitions are given.
// Nothing in this folder includes lib (tests/build/layers.cmake): the definitions are written again, from the
// papers and in float64, so that a fault of lib is not a fault of what lib is compared with.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace definitions {

/// Matrices by name, row-major.
using Parameters = std::map<std::string, std::vector<double>>;

struct Call {
  std::string name;
  std::vector<double> arguments;

  /// The argument at `place`, or `otherwise` where the call has none there.
  double argument(std::size_t place, double otherwise) const;
};

/// Throws std::invalid_argument if an argument is no number.
Call read_call(const std::string& text);

/// Parts of `text` between separators outside of parentheses, without blanks.
std::vector<std::string> split(const std::string& text, char separator);

}  // namespace definitions
