// The table of modifiers: an include and a name for each.
#pragma once

#include <concepts>
#include <variant>

#include "attnlab/variants/external.h"
#include "attnlab/variants/modifiers/adaptive_temperature.h"
#include "attnlab/variants/modifiers/alibi.h"
#include "attnlab/variants/modifiers/gaussian.h"
#include "attnlab/variants/modifiers/head_temperature.h"
#include "attnlab/variants/modifiers/local_p.h"
#include "attnlab/variants/modifiers/log_n.h"
#include "attnlab/variants/modifiers/softcap.h"
#include "attnlab/variants/modifiers/t5.h"
#include "attnlab/variants/modifiers/temperature.h"

namespace attnlab {

using ModifierTable = std::variant<  //
    Softcap,                         //
    Alibi,                           //
    T5<Direction::both>,             //
    T5<Direction::past>,             //
    Temperature,                     //
    LogN,                            //
    AdaptiveTemperature,             //
    HeadTemperature,                 //
    Gaussian,                        //
    LocalP,                          //
    ExternalModifier>;

/// The functions that a member may have: of logits, the logarithm of a factor of weights, and the range of
/// keys that it leaves to a row. The body of a template is compiled later; an error there names the line.
template <class Member, class Real>
concept ModifiesLogits = requires(const Member& member, Real x) {
  { member(x, x, x) } -> std::same_as<Real>;
};
template <class Member, class Real>
concept HasFactor = requires(const Member& member, Real x) {
  { member.log_factor(x, x) } -> std::same_as<Real>;
};
template <class Member>
concept LeavesKeys = requires(const Member& member) {
  { member.keys(0.0) } -> std::same_as<KeyRange>;
};

/// The contents of a Modifier.
struct ModifierMember {
  ModifierTable value;
};

}  // namespace attnlab
