// The tables of the report, independent of the output format.
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

/// State of a check that calls for caution.
inline constexpr const char* caution = "CAUTION";

/// Whether the figures can be trusted: a row for each check, with the finding and the state of each run.
Table make_validity_table(const Subject& subject);

/// A/A pairs: the difference between two measurements of the same cell.
Table make_pairs_table(const Subject& subject);

/// Machine, build and cells; without column titles.
Table make_machine_table(const std::vector<Json>& records);

/// Exponents of time and memory over all lengths; slopes of time from one length to the next.
Table make_exponents_table(const std::vector<Json>& records);
Table make_octaves_table(const std::vector<Json>& records);

/// All tables in order: summary, validity, pairs, failures, machine, the comparison if there are two runs,
/// crossover, exponents, octaves, time, memory, speed, error, dispersion. Rows are ordered by condition,
/// dtype, series and n.
std::vector<Table> make_tables(const Subject& subject);

/// Tables about weights: spread, concentration, reach, sharpness, against the baseline, filter, needle.
std::vector<Table> make_dispersion_tables(const std::vector<Json>& records);

/// A heatmap as a table: both maps, pooled to at most 8 x 8 bins. Its id is `heatmap-INDEX`.
Table make_heatmap_table(const std::vector<Json>& records, std::size_t index);

inline constexpr std::size_t most_heatmaps = 24;

/// Indices of the records whose heatmap is shown: one for each variant and input, at most `most_heatmaps`.
/// Exact variants have no counterpart to compare with and are left out, as are incomplete maps.
std::vector<std::size_t> heatmap_records(const std::vector<Json>& records);

}  // namespace attnlab
