// The data of charts other than lines over n (charts.h has those).
#pragma once

#include <vector>

#include "compare/subject.h"

namespace attnlab {

/// Samples of every charted cell in percent above its median, rounded to 0.1: clean samples, then disturbed
/// samples, each as at most forty quantiles.
Json samples_data(const Subject& subject);

/// Distance of the output of every charted cell from exact attention, relative L2: the deviation of the
/// variant plus the error of the computation.
Json pareto_data(const std::vector<Json>& records);

/// Dispersion by head: for each variant, condition and n the means over the rows of each head (at most 64
/// heads), from the first cell that has them.
Json heads_data(const std::vector<Json>& records);

/// Maps of weights (heatmap_records), a character for each bin: a space if no key has weight, else one of 64
/// levels of the logarithm of weight × n, or of the change from exact to variant. Also the profiles by query,
/// if the record has them.
Json maps_data(const std::vector<Json>& records);

/// Ratios of B to A and the noise floor.
Json ratios_data(const Subject& subject);

}  // namespace attnlab
