// Names of series, the curves and rows of tables, charts and progress: the shortest that tell them apart.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "cell/cell.h"

namespace attnlab {

/// The run if there are two (`A`, `B`; subject.h), the backend (or engine), and the variant.
struct Series {
  std::string run;
  std::string backend;
  std::string variant;
  auto operator<=>(const Series&) const = default;
};
Series series_of(const Json& record);

/// A name has the backend if there are several, and of the variant, if its backend has several, the part that
/// differs: the normaliser alone if it tells all variants apart, else every part that some variant lacks.
class SeriesNames {
 public:
  explicit SeriesNames(const std::vector<Json>& records);
  explicit SeriesNames(const std::vector<Series>& series);

  std::string of(const Series& series) const;
  std::string of(const Json& record) const { return of(series_of(record)); }
  /// The same part of a variant's name.
  const std::string& of_variant(const std::string& variant) const { return short_.at(variant); }
  /// In order of first appearance: the order of rows, columns, legends and colours.
  std::size_t index(const Json& record) const { return indices_.at(of(record)); }
  const std::vector<std::string>& all() const { return order_; }
  /// The parts that all series have in common and that no name has, such as `chunked, scaled_dot, causal`.
  const std::string& common() const { return common_; }

 private:
  std::map<std::string, std::size_t> variants_of_;      ///< number of variants by backend
  std::unordered_map<std::string, std::string> short_;  ///< names of variants
  std::unordered_map<std::string, std::size_t> indices_;
  std::vector<std::string> order_;
  std::string common_;
};

/// Whether a user means the series by `text`: its backend, its variant, `BACKEND VARIANT` or its name.
bool is_called(const Series& series, const std::string& text, const SeriesNames& names);

/// Everything by which is_called() finds a series, for errors.
std::vector<std::string> callable_names(const std::vector<Json>& records);

}  // namespace attnlab
