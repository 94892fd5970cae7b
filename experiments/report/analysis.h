// What records say together: series over sequence length, conditions that keep them apart, ratios to `full`,
// fitted exponents.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cell.h"

namespace attnlab {

/// Name of a record's curve: its backend (or engine), with the variant where one backend has several.
class SeriesNames {
 public:
  explicit SeriesNames(const std::vector<Json>& records);
  std::string of(const Json& record) const;
  /// In order of first appearance: the order of columns, legends and colours.
  std::size_t index(const Json& record) const;
  const std::vector<std::string>& all() const { return order_; }

 private:
  std::map<std::string, std::map<std::string, int>> variants_;
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

/// What two records must share to be compared: shape, dtype, threads, seed, input, CPU and level.
std::string comparison_key(const Json& record);

/// `status` is ok and the output within its error budget.
bool counts(const Json& record);

/// A ratio, or why there is none.
struct Ratio {
  std::optional<double> value;
  std::string why;
};

/// The cells of `full`, to set others against. Where several variants of `full` ran, the one of the record's
/// own variant; else the exact counterpart's.
class FullBaseline {
 public:
  explicit FullBaseline(const std::vector<Json>& records);
  /// How many times the record's value `full` needs, for a path such as time.median_ns.
  Ratio ratio(const Json& record, const std::string& path) const;

 private:
  std::map<std::string, std::map<std::string, const Json*>> cells_;
};

/// Slope of ln y over ln x by least squares; nothing with fewer than three lengths, where a slope says
/// nothing of fit.
std::optional<double> fitted_exponent(const std::vector<std::pair<double, double>>& points);

/// value(record) for a path such as time.median_ns; nothing where it is null or absent.
std::optional<double> number_at(const Json& record, const std::string& path);
std::string text_at(const Json& record, const std::string& path);

}  // namespace attnlab
