// Lines on standard error. A full disk or a closed terminal must not end a measurement, so a line that cannot
// be written is left out.
#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <utility>

namespace attnlab {

template <class... Arguments>
void notice(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  std::fputs(fmt::format(format, std::forward<Arguments>(arguments)...).c_str(), stderr);
  std::fflush(stderr);
}

}  // namespace attnlab
