// The table of pattern leaves: an include and a name for each.
#pragma once

#include <variant>

#include "attnlab/variants/patterns/bigbird.h"
#include "attnlab/variants/patterns/causal.h"
#include "attnlab/variants/patterns/chunk_local.h"
#include "attnlab/variants/patterns/dilated.h"
#include "attnlab/variants/patterns/fixed.h"
#include "attnlab/variants/patterns/full.h"
#include "attnlab/variants/patterns/global.h"
#include "attnlab/variants/patterns/local_m.h"
#include "attnlab/variants/patterns/neighbourhood.h"
#include "attnlab/variants/patterns/prefix.h"
#include "attnlab/variants/patterns/sink.h"
#include "attnlab/variants/patterns/strided.h"
#include "attnlab/variants/patterns/window.h"

namespace attnlab {

using PatternTable = std::variant<  //
    Full,                           //
    Causal,                         //
    Window,                         //
    LocalM,                         //
    ChunkLocal,                     //
    Dilated,                        //
    Strided,                        //
    Fixed,                          //
    Global,                         //
    Sink,                           //
    Prefix,                         //
    BigBird,                        //
    Neighbourhood>;

}  // namespace attnlab
