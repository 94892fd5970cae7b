// One point of a sweep, and the grid of points that options describe.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "attnlab/core/problem.h"
#include "attnlab/inputs/input_source.h"
#include "attnlab/variants/variant.h"
#include "options/options.h"

namespace attnlab {

using Json = nlohmann::ordered_json;

struct Cell {
  std::optional<std::string> backend;  ///< absent if --engine named another engine
  std::string engine;
  Variant variant;
  Problem problem;
  InputSource input = InputSource::parse("gaussian(1)");
  std::uint64_t seed = 1;
  std::string score_weights;  ///< prefix of .npy files; empty: made from the seed
  std::string cu_seqlens;     ///< .npy file; empty: one sequence
  int rounds = 12;
  double min_time_s = 0.05;
  bool heatmap = false;
  bool twin = false;               ///< the second of an A/A pair
  std::string save_output;         ///< file; empty: none
  std::optional<Variant> against;  ///< the baseline; absent: the exact counterpart

  /// 16 hex digits, the same for two cells if and only if they are the same point.
  std::string id() const;
  /// The same for the cells of a group (group.h): shape, dtype, threads, input, seed, settings.
  std::string group_key() const;
  /// One line for progress that tells the cell from all others: n first, unusual sizes named, and last
  /// `series`, the name of backend and variant.
  std::string label(const std::string& series) const;
};

/// The variants and the input by their canonical names.
Json to_json(const Cell& cell);
Cell cell_from_json(const Json& json);

/// Every combination of the lists is a cell. Cells are distinct and ordered by work, least first. Throws
/// ArgumentError for values that make no cell, and UsageError for more than 100 000 combinations.
std::vector<Cell> make_grid(const Settings& settings);

/// Backend (or engine) and variant of the cells of a grid, in the order of the options. Throws ArgumentError.
std::vector<std::pair<std::string, std::string>> series_in_order(const Settings& settings);

/// Inserts a twin after `count` of the cells, spread over the grid.
void add_twins(std::vector<Cell>& cells, std::int64_t count);

}  // namespace attnlab
