// What records say together: series over sequence length, conditions that keep them apart, the cells that
// others are set against, fitted exponents.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "attnlab/measure/bootstrap.h"
#include "cell/cell.h"

namespace attnlab {

/// Name of a record's curve: its backend (or engine), with the variant where one backend has several, behind
/// the name of its run where there are two (subject.h).
class SeriesNames {
 public:
  explicit SeriesNames(const std::vector<Json>& records);
  std::string of(const Json& record) const;
  /// In order of first appearance: the order of columns, legends and colours.
  std::size_t index(const Json& record) const;
  const std::vector<std::string>& all() const { return order_; }

 private:
  std::map<std::string, std::map<std::string, int>> variants_;
  std::unordered_map<std::string, std::size_t> indices_;
  std::vector<std::string> order_;
};

/// What holds along a curve besides series and dtype: input, shape but for n, threads, seed, CPU, level.
/// Cells of two conditions are never joined by a line or fitted together.
class Conditions {
 public:
  explicit Conditions(const std::vector<Json>& records);
  std::size_t index(const Json& record) const;
  std::size_t size() const { return labels_.size(); }
  /// Only what differs between the conditions of these records, as in `needle(6), 2 threads`.
  const std::string& label(std::size_t index) const { return labels_.at(index); }

 private:
  std::map<std::vector<std::string>, std::size_t> indices_;
  std::vector<std::string> labels_;
};

/// What a record is listed under: its backend, or its engine where one was named.
std::string backend_of(const Json& record);

/// Keys that a query may see: the n of every curve.
std::int64_t seqlen_of(const Json& record);

/// Without anything given up: the variant is its own exact counterpart.
bool is_exact(const Json& record);

/// What the two of an A/A pair share and no other cell of the run has.
std::string pair_key(const Json& record);

/// The second of an A/A pair.
bool is_twin(const Json& record);

/// What two records must share to be compared: shape, dtype, threads, seed, input, CPU and level.
std::string comparison_key(const Json& record);

/// `status` is ok and the output within its error budget.
bool counts(const Json& record);

/// A ratio, or why there is none.
struct Ratio {
  std::optional<double> value;
  std::string why;
};

/// The cells of a backend, to set others against. Where several variants of it ran, the one of the record's
/// own variant; else the exact counterpart's.
class Baseline {
 public:
  Baseline(const std::vector<Json>& records, const std::string& backend);
  /// The cell to set a record against, with figures on both sides; or null, and why.
  std::pair<const Json*, std::string> cell_for(const Json& record) const;
  /// How many times the record's value the baseline needs, for a path such as time.median_ns.
  Ratio ratio(const Json& record, const std::string& path) const;

 private:
  std::string backend_;
  std::unordered_map<std::string, std::map<std::string, const Json*>> cells_;
};

/// Cells with figures of one series, dtype and condition, by n.
struct Curve {
  std::size_t condition;
  std::size_t series;
  std::string dtype;
  std::vector<const Json*> cells;

  /// (n, value) for a path such as time.median_ns, where it is above 0.
  std::vector<std::pair<double, double>> points(const std::string& path) const;
};

/// By condition, dtype (f32 first) and series.
std::vector<Curve> make_curves(const std::vector<Json>& records);

/// y ~ x^value, and the interval of `bootstrap_confidence` of that exponent: Student's t over what the points
/// leave of a straight line, be it noise or a bend.
struct Exponent {
  double value;
  Interval interval;
};

/// Slope of ln y over ln x by least squares; nothing with fewer than three lengths, where a slope says
/// nothing of fit.
std::optional<Exponent> fitted_exponent(const std::vector<std::pair<double, double>>& points);

/// What a record has under a path such as time.samples_ns; null pointer where it has nothing.
const Json* value_at(const Json& record, const std::string& path);

/// value(record) for a path such as time.median_ns; nothing where it is null or absent.
std::optional<double> number_at(const Json& record, const std::string& path);
/// Empty where it is null or absent; what is no string, as JSON.
std::string text_at(const Json& record, const std::string& path);

}  // namespace attnlab
