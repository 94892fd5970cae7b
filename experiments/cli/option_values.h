// What may be typed after an option or as an argument: from the registries and the tables of commands and
// options.
#pragma once

#include <string>
#include <vector>

#include "options/options.h"

namespace attnlab {

struct OptionValues {
  std::vector<std::string> words;  ///< all there are, or calls of members with example arguments
  bool list = false;               ///< several, with commas between them
  bool files = false;              ///< names of files go there
};

OptionValues values_of(const Command& command, const Option& option);

/// Of an argument that is no option; files where the command takes others.
OptionValues argument_values(const Command& command);

}  // namespace attnlab
