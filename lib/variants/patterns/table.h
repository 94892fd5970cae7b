// The table of pattern leaves: an include and a name for each.
#pragma once

#include <variant>

#include "variants/patterns/causal.h"
#include "variants/patterns/chunk_local.h"
#include "variants/patterns/full.h"
#include "variants/patterns/window.h"

namespace attnlab {

using PatternTable = std::variant<  //
    Full,                           //
    Causal,                         //
    Window,                         //
    ChunkLocal>;

}  // namespace attnlab
