// Version of oneDNN, and the instruction set that it may use.
#pragma once

#include <string>

namespace attnlab {

/// The version, such as `2.6.3`.
std::string onednn_version();

/// The instruction set that oneDNN uses, by oneDNN's name, such as `avx512_core_bf16`. Caps it first, as
/// below.
std::string onednn_level();

/// Caps oneDNN at isa_level() if a level is forced. Every plan calls it before its first primitive, which
/// fixes the cap. Throws std::runtime_error if a level was forced after that.
void cap_onednn();

}  // namespace attnlab
