// The table of scores: an include and a name for each.
#pragma once

#include <variant>

#include "variants/scores/additive.h"
#include "variants/scores/concat.h"
#include "variants/scores/cosine.h"
#include "variants/scores/dot.h"
#include "variants/scores/general.h"
#include "variants/scores/mlp.h"
#include "variants/scores/scaled_dot.h"

namespace attnlab {

using ScoreTable = std::variant<  //
    ScaledDot,                    //
    Dot,                          //
    General,                      //
    Cosine,                       //
    Additive,                     //
    Concat,                       //
    Mlp<Activation::tanh>,        //
    Mlp<Activation::relu>>;

/// What a Score holds.
struct ScoreMember {
  ScoreTable value;
};

}  // namespace attnlab
