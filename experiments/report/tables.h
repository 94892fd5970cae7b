// The report's tables, the same for every format.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cell/cell.h"
#include "compare/subject.h"
#include "records/table.h"

namespace attnlab {

/// State of a check that failed.
inline constexpr const char* caution = "CAUTION";

/// Whether the figures can be trusted: what could spoil them, and whether it did. A row a check; of each run
/// what was found and the state.
Table make_validity_table(const Subject& subject);

/// A/A pairs: what the same cell differs by when it is measured twice.
Table make_pairs_table(const Subject& subject);

/// Machine, build and cells; rows without a heading.
Table make_machine_table(const std::vector<Json>& records);

/// Exponents of time and memory; slopes of time from one length to the next.
Table make_exponents_table(const std::vector<Json>& records);
Table make_octaves_table(const std::vector<Json>& records);

/// All of them, in the order of the page: validity, pairs, failures, machine, of two runs their comparison,
/// crossover, exponents, octaves, time, memory, speed, error, then those of dispersion; rows by condition,
/// dtype, series and n.
std::vector<Table> make_tables(const Subject& subject);

/// What weights are like: spread, concentration, reach, sharpness, against the baseline, filter, needle.
std::vector<Table> make_dispersion_tables(const std::vector<Json>& records);

/// A heatmap as a table: both maps pooled to at most 8 x 8. Its id is `heatmap-INDEX`.
Table make_heatmap_table(const std::vector<Json>& records, std::size_t index);

inline constexpr std::size_t most_heatmaps = 24;

/// Records whose heatmap is shown: one for each variant and input, the first `most_heatmaps` of them, without
/// exact ones, which have nothing to set beside them. Maps that are not whole are left out.
std::vector<std::size_t> heatmap_records(const std::vector<Json>& records);

}  // namespace attnlab
