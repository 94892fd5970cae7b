// The cell that a cell is compared with.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "cell/cell.h"

namespace attnlab {

/// A ratio, or the reason why there is none.
struct Ratio {
  std::optional<double> value;
  std::string why;
};

/// The cells that others are compared with, at the same n, dtype, shape, threads, seed and input. They are
/// those of a series (is_called() in series_names.h); without a series, those of backend full if it ran, else
/// softmax on the backend of the cell and with its score, modifiers and pattern. If the series is a backend,
/// a cell is compared with its own variant there, or else with its exact counterpart.
class Baseline {
 public:
  /// Throws ArgumentError (`baseline`) for a series without records.
  Baseline(const std::vector<Json>& records, const std::optional<std::string>& series);
  /// The cell to compare a record with, if both have figures; else null and the reason.
  std::pair<const Json*, std::string> cell_for(const Json& record) const;
  /// The value of the baseline divided by that of the record, for a path such as time.median_ns.
  Ratio ratio(const Json& record, const std::string& path) const;
  /// Such as `full` and `softmax on the same backend`.
  const std::string& name() const { return name_; }

 private:
  const Json* choose(const Json& record, const std::vector<const Json*>& cells) const;

  enum class Kind { backend, variant, softmax };
  Kind kind_;
  std::string name_;
  std::unordered_map<std::string, std::vector<const Json*>> cells_;  ///< by comparison_key()
};

}  // namespace attnlab
