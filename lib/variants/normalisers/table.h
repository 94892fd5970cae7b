// The table of normalisers: an include and a name for each.
#pragma once

#include <variant>

#include "variants/normalisers/entmax.h"
#include "variants/normalisers/softmax.h"
#include "variants/normalisers/sparsemax.h"

namespace attnlab {

using NormaliserTable = std::variant<  //
    Softmax,                           //
    Sparsemax,                         //
    Entmax>;

}  // namespace attnlab
