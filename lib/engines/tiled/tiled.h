// The tiled engine: exact attention in O(n) memory for every pattern, score and normaliser.
#pragma once

#include "attnlab/engines/engine.h"

namespace attnlab {

const Engine& tiled_engine();

}  // namespace attnlab
