// What charts other than lines over n are drawn from (charts.h has those).
#pragma once

#include <vector>

#include "compare/subject.h"

namespace attnlab {

/// Samples of every charted cell: percent above its median, rounded to 0.1, clean ones first, then disturbed
/// ones; of many, forty quantiles.
Json samples_data(const Subject& subject);

/// For every charted cell how far its output is from exact attention's: what the variant gives up and the
/// error of the computation, added; relative L2.
Json pareto_data(const std::vector<Json>& records);

/// Dispersion by head: for each variant, condition and n, of the first cell that has it, the means over the
/// rows of each head (of the first 64).
Json heads_data(const std::vector<Json>& records);

/// Maps of weights (heatmap_records), a character a bin: a space where no key has weight, else one of 64
/// levels of the logarithm of weight × n, or of the change from exact to variant; and the profiles of each by
/// query, where the record has them.
Json maps_data(const std::vector<Json>& records);

/// Ratios of B to A, and the floor.
Json ratios_data(const Subject& subject);

}  // namespace attnlab
