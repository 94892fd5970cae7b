// Inputs of the definitions: `name(argument, …)` split into parts, and learned parameters as plain arrays.
// Nothing in this folder includes lib (tests/build/layers.cmake): the definitions are written again from the
// papers, in float64, so that a fault in lib is not repeated in its reference.
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
  std::string word = "";                ///< the argument that is not a number
  std::vector<std::string> texts = {};  ///< all arguments

  /// The argument at `place`, or `otherwise` if the call has fewer arguments.
  double argument(std::size_t place, double otherwise) const;
};

Call read_call(const std::string& text);

/// Parts of `text` between separators outside of parentheses, without blanks.
std::vector<std::string> split(const std::string& text, char separator);

}  // namespace definitions
