// The onednn engine: whole n x n matrices, as textbooks write attention and most scripts compute it.
#pragma once

#include "attnlab/engines/engine.h"

namespace attnlab {

const Engine& onednn_engine();

}  // namespace attnlab
