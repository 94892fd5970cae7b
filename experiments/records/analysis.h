// Analysis of the records of a run: curves over sequence length, conditions that separate them, fitted
// exponents.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "attnlab/measure/bootstrap.h"
#include "cell/cell.h"
#include "records/table.h"

namespace attnlab {

/// What is constant along a curve besides series and dtype: input, shape except n, threads, seed, CPU, level.
/// Cells of two conditions are never joined by a line or fitted together.
class Conditions {
 public:
  explicit Conditions(const std::vector<Json>& records);
  std::size_t index(const Json& record) const;
  std::size_t size() const { return labels_.size(); }
  /// The parts that differ between the conditions of these records, such as `needle(6), 2 threads`; paths
  /// without their directories, if that tells them apart.
  const std::string& label(std::size_t index) const { return labels_.at(index); }
  /// The same parts as columns of a table, and their values for a record; all but the one named `beside`, for
  /// a table that shows that part anyway.
  std::vector<Column> columns(std::string_view beside = {}) const;
  std::vector<TableCell> values(const Json& record, std::string_view beside = {}) const;

 private:
  std::map<std::vector<std::string>, std::size_t> indices_;
  std::vector<std::string> labels_;
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> values_;  ///< by condition
};

/// The backend of a record, or its engine if one was named.
std::string backend_of(const Json& record);

/// Number of keys: the n of every curve.
std::int64_t seqlen_of(const Json& record);

/// Whether the variant is its own exact counterpart, so that nothing is given up.
bool is_exact(const Json& record);

/// A key that only the two records of an A/A pair share.
std::string pair_key(const Json& record);

/// Whether the record is the second of an A/A pair.
bool is_twin(const Json& record);

/// A key that two records must share to be compared: shape, dtype, threads, seed, input, CPU and level.
std::string comparison_key(const Json& record);

/// Whether `status` is ok and the output is within its error budget.
bool counts(const Json& record);

/// The cells with figures of one series, dtype and condition, ordered by n.
struct Curve {
  std::size_t condition;
  std::size_t series;
  std::string dtype;
  std::vector<const Json*> cells;

  /// (n, value) for a path such as time.median_ns; values of 0, and times of disturbed cells (samples.h), are
  /// left out.
  std::vector<std::pair<double, double>> points(const std::string& path) const;
};

/// Ordered by condition, dtype (f32 first) and series.
std::vector<Curve> make_curves(const std::vector<Json>& records);

/// The exponent of y ~ x^value and its interval at `bootstrap_confidence`, by Student's t from the residuals
/// of the straight line, whether these are noise or a bend.
struct Exponent {
  double value;
  Interval interval;
};

/// Exponents with a wider interval say nothing about growth; findings and legends leave them out.
inline constexpr double widest_exponent = 0.5;
bool is_known_well(const Exponent& exponent);

/// Slope of ln y over ln x by least squares; nullopt with fewer than three lengths, which leave no residual
/// to judge the fit.
std::optional<Exponent> fitted_exponent(const std::vector<std::pair<double, double>>& points);

/// The value of a record at a path such as time.samples_ns; a null pointer if there is none.
const Json* value_at(const Json& record, const std::string& path);

/// The number at a path such as time.median_ns; nullopt if it is null or absent.
std::optional<double> number_at(const Json& record, const std::string& path);
/// The text at a path: empty if it is null or absent; JSON if the value is not a string.
std::string text_at(const Json& record, const std::string& path);

}  // namespace attnlab
