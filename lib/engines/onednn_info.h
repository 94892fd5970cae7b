// Which oneDNN this is, and how far its instruction sets may go.
#pragma once

#include <string>

namespace attnlab {

/// As in `2.6.3`.
std::string onednn_version();

/// The instruction set that oneDNN dispatches to, by its own name, as in `avx512_core_bf16`. Caps it first,
/// as below.
std::string onednn_level();

/// Caps oneDNN at isa_level() if that was forced. Every plan calls it before its first primitive, after which
/// oneDNN's cap is fixed: throws std::runtime_error if a level was forced later than that.
void cap_onednn();

}  // namespace attnlab
