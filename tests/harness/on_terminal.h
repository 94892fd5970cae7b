// Runs the attnlab command on a terminal.
#pragma once

#include <cstddef>
#include <string>

#include "harness/command.h"

namespace attnlab {

/// Runs `attnlab arguments` in a shell on a terminal of kind `kind` (TERM) with `columns` columns. All that
/// the terminal gets is in `out`, with its line ends as \n.
Result on_terminal(const std::string& arguments, std::size_t columns, const char* kind = "xterm");

/// Text without escape sequences.
std::string without_escapes(const std::string& text);

}  // namespace attnlab
