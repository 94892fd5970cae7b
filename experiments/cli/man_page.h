// The man page, from the tables of commands and options.
#pragma once

#include <string>

#include "options/options.h"

namespace attnlab {

/// The page in man(7) format.
std::string man_page();

/// attnlab man: prints the man page.
int man_command(const Settings& settings);

}  // namespace attnlab
