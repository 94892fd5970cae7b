// Arguments that must be odd: the widths of windows that are centred.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "attnlab/core/argument_error.h"
#include "attnlab/variants/arguments.h"

namespace attnlab {

/// An odd integer from 1 to `high`. Throws ArgumentError (`pattern`).
inline std::int64_t odd_argument(const Arguments& given, std::size_t index, std::string_view parameter,
                                 std::int64_t high) {
  const std::int64_t value = given.integer(index, parameter, 1, high);
  if (value % 2 == 0)
    throw ArgumentError("pattern", given.to_string(), std::string(parameter) + " is even",
                        "an odd one: the window has a centre");
  return value;
}

}  // namespace attnlab
