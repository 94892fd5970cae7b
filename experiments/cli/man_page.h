// The man page, from the tables of commands and options.
#pragma once

#include <string>

#include "options/options.h"

namespace attnlab {

/// In man(7) format.
std::string man_page();

/// attnlab man: on standard output.
int man_command(const Settings& settings);

}  // namespace attnlab
