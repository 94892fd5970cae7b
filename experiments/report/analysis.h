// What records say together: series over sequence length, ratios to `full`, fitted exponents, tables.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cell.h"

namespace attnlab {

/// A table for every format: text cells, numbers already with their units.
struct Table {
  std::string id;
  std::string caption;
  std::vector<std::string> columns;
  std::vector<bool> numeric;  ///< of each column
  std::vector<std::vector<std::string>> rows;
  std::string note;
};

/// Text of a value that could not be had.
inline constexpr const char* missing = "–";

/// Name of a record's curve: its backend (or engine), with the variant where one backend has several.
class SeriesNames {
 public:
  explicit SeriesNames(const std::vector<Json>& records);
  std::string of(const Json& record) const;

 private:
  std::map<std::string, std::map<std::string, int>> variants_;
};

/// What a record is listed under: its backend, or its engine where one was named.
std::string backend_of(const Json& record);

/// What two records must share to be compared: shape, dtype, threads, seed and input.
std::string comparison_key(const Json& record);

/// `status` is ok and the output within its error budget.
bool counts(const Json& record);

/// Slope of ln y over ln x by least squares; nothing with fewer than three points, where a slope says nothing
/// of fit.
std::optional<double> fitted_exponent(const std::vector<std::pair<double, double>>& points);

/// value(record) for a path such as time.median_ns; nothing where it is null or absent.
std::optional<double> number_at(const Json& record, const std::string& path);

/// All tables of the report, in its order.
std::vector<Table> make_tables(const std::vector<Json>& records);

/// Sentences that say what came out, computed from the records.
std::vector<std::string> make_findings(const std::vector<Json>& records);

}  // namespace attnlab
