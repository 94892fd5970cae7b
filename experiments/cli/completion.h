// Shell completion: commands, options and their values.
#pragma once

#include <string>

#include "options/options.h"

namespace attnlab {

std::string bash_completion();
std::string zsh_completion();

/// attnlab completion bash|zsh: prints the completion script.
int completion_command(const Settings& settings);

}  // namespace attnlab
