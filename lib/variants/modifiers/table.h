// The table of modifiers: an include and a name for each.
#pragma once

#include <variant>

#include "variants/modifiers/adaptive_temperature.h"
#include "variants/modifiers/alibi.h"
#include "variants/modifiers/head_temperature.h"
#include "variants/modifiers/local_m.h"
#include "variants/modifiers/local_p.h"
#include "variants/modifiers/log_n.h"
#include "variants/modifiers/softcap.h"
#include "variants/modifiers/temperature.h"

namespace attnlab {

using ModifierTable = std::variant<  //
    Softcap,                         //
    Alibi,                           //
    Temperature,                     //
    LogN,                            //
    AdaptiveTemperature,             //
    HeadTemperature,                 //
    LocalM,                          //
    LocalP>;

/// What a Modifier holds.
struct ModifierMember {
  ModifierTable value;
};

}  // namespace attnlab
