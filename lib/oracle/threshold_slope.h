// The derivative of a weight by its excess over the threshold of a normaliser.
#pragma once

#include "attnlab/variants/normaliser.h"

namespace attnlab {

/// Derivative of a weight by its excess z - tau, z = scale s, at weight `weight` > 0. Throws std::logic_error
/// for a normaliser that is not of kind row_threshold.
double threshold_slope(const Normaliser& normaliser, double weight);

}  // namespace attnlab
