// Terminals that the command writes to.
#pragma once

#include <cstddef>

namespace attnlab {

/// Whether the descriptor is a terminal that supports escape sequences.
bool is_terminal(int descriptor);

/// The present width of a terminal; 80 if it does not tell its size.
std::size_t terminal_columns(int descriptor);

}  // namespace attnlab
