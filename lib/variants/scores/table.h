// The table of scores: an include and a name for each.
#pragma once

#include <variant>

#include "attnlab/variants/scores/additive.h"
#include "attnlab/variants/scores/concat.h"
#include "attnlab/variants/scores/cosine.h"
#include "attnlab/variants/scores/dot.h"
#include "attnlab/variants/scores/general.h"
#include "attnlab/variants/scores/mlp.h"
#include "attnlab/variants/scores/neg_l2.h"
#include "attnlab/variants/scores/scaled_dot.h"

namespace attnlab {

using ScoreTable = std::variant<  //
    ScaledDot,                    //
    Dot,                          //
    General,                      //
    Cosine,                       //
    NegL2,                        //
    Additive,                     //
    Concat,                       //
    Mlp<Activation::tanh>,        //
    Mlp<Activation::relu>>;

/// The contents of a Score.
struct ScoreMember {
  ScoreTable value;
};

}  // namespace attnlab
