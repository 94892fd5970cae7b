// Shell completion and the man page, from the tables of commands and options.
#pragma once

#include <string>

#include "options.h"

namespace attnlab {

std::string bash_completion();
std::string zsh_completion();
/// In man(7) format.
std::string man_page();

/// attnlab completion bash|zsh, attnlab man: on standard output.
int completion_command(const Settings& settings);
int man_command(const Settings& settings);

}  // namespace attnlab
