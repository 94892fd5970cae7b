// Values of options and arguments for completion, from the registries and the tables of commands and options.
#pragma once

#include <string>
#include <vector>

#include "options/options.h"

namespace attnlab {

struct OptionValues {
  std::vector<std::string> words;  ///< all values, or example calls of members
  bool list = false;               ///< several values, separated by commas
  bool files = false;              ///< the values are names of files
};

OptionValues values_of(const Command& command, const Option& option);

/// Values of a positional argument; files if the command has no fixed set.
OptionValues argument_values(const Command& command);

}  // namespace attnlab
