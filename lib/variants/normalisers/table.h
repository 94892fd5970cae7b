// The table of normalisers: an include and a name for each.
#pragma once

#include <variant>

#include "attnlab/variants/external.h"
#include "attnlab/variants/normalisers/entmax.h"
#include "attnlab/variants/normalisers/fusedmax.h"
#include "attnlab/variants/normalisers/off_by_one.h"
#include "attnlab/variants/normalisers/oscarmax.h"
#include "attnlab/variants/normalisers/relu2.h"
#include "attnlab/variants/normalisers/sigmoid.h"
#include "attnlab/variants/normalisers/softmax.h"
#include "attnlab/variants/normalisers/sparsemax.h"
#include "attnlab/variants/normalisers/topk_softmax.h"

namespace attnlab {

using NormaliserTable = std::variant<  //
    Softmax,                           //
    OffByOne,                          //
    Sigmoid,                           //
    Relu2,                             //
    Sparsemax,                         //
    Entmax,                            //
    TopkSoftmax,                       //
    Fusedmax,                          //
    Oscarmax,                          //
    ExternalNormaliser<NormaliserKind::online>, ExternalNormaliser<NormaliserKind::elementwise>,
    ExternalNormaliser<NormaliserKind::row_threshold>, ExternalNormaliser<NormaliserKind::full_row>>;

/// The contents of a Normaliser.
struct NormaliserMember {
  NormaliserTable value;
};

}  // namespace attnlab
