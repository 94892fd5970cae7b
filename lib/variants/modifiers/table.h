// The table of modifiers: an include and a name for each.
#pragma once

#include <variant>

#include "attnlab/variants/modifiers/adaptive_temperature.h"
#include "attnlab/variants/modifiers/alibi.h"
#include "attnlab/variants/modifiers/head_temperature.h"
#include "attnlab/variants/modifiers/local_m.h"
#include "attnlab/variants/modifiers/local_p.h"
#include "attnlab/variants/modifiers/log_n.h"
#include "attnlab/variants/modifiers/softcap.h"
#include "attnlab/variants/modifiers/temperature.h"

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
