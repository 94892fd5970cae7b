// Shell completion: commands, options and their values.
#pragma once

#include <string>

#include "options/options.h"

namespace attnlab {

std::string bash_completion();
std::string zsh_completion();
std::string fish_completion();

/// attnlab completion bash|zsh|fish: prints the completion script.
int completion_command(const Settings& settings);

}  // namespace attnlab
