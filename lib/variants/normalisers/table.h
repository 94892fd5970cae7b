// The table of normalisers: an include and a name for each.
#pragma once

#include <variant>

#include "variants/normalisers/entmax.h"
#include "variants/normalisers/fusedmax.h"
#include "variants/normalisers/off_by_one.h"
#include "variants/normalisers/oscarmax.h"
#include "variants/normalisers/sigmoid.h"
#include "variants/normalisers/softmax.h"
#include "variants/normalisers/sparsemax.h"
#include "variants/normalisers/topk_softmax.h"

namespace attnlab {

using NormaliserTable = std::variant<  //
    Softmax,                           //
    OffByOne,                          //
    Sigmoid,                           //
    Sparsemax,                         //
    Entmax,                            //
    TopkSoftmax,                       //
    Fusedmax,                          //
    Oscarmax>;

/// What a Normaliser holds.
struct NormaliserMember {
  NormaliserTable value;
};

}  // namespace attnlab
