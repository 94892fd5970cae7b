// The reference engine: the oracle over every row.
#pragma once

#include "attnlab/engines/engine.h"

namespace attnlab {

const Engine& reference_engine();

}  // namespace attnlab
