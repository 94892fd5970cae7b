// A call `name(argument, …)`, of which all names are made, and checked access to its arguments.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace attnlab {

/// The description of a member of a table, for `attnlab list` and error messages.
struct MemberInfo {
  std::string_view name;
  std::string_view parameters;  ///< such as `k >= 1`; empty if there are none
  std::string_view example;     ///< a call that parses; the conformance tests run it
  std::string_view summary;
  std::string_view source;  ///< paper, with its arXiv number
};

/// Range of a number that multiplies or divides logits: float32 holds it, its inverse, and their products
/// with logits of ordinary size and with the logarithm of a length. Beyond it, 0 times infinity would give
/// NaN.
inline constexpr double least_factor = 1e-30, largest_factor = 1e30;

/// Arguments of one call. Accessors throw ArgumentError.
class Arguments {
 public:
  Arguments(std::string_view what, std::string name, std::vector<std::string> values);

  const std::string& name() const { return name_; }
  std::size_t count() const { return values_.size(); }
  std::string_view text(std::size_t index) const { return values_.at(index); }

  /// Throws unless there are from `least` to `most` arguments; the message shows `parameters`.
  void require_count(std::size_t least, std::size_t most, std::string_view parameters) const;

  /// A finite number with low < value (or <= if `low_included`) and value <= high.
  double number(std::size_t index, std::string_view parameter, double low, double high,
                bool low_included = false) const;

  /// A number from least_factor to largest_factor.
  double factor(std::size_t index, std::string_view parameter) const;

  /// An integer from low to high, both included.
  std::int64_t integer(std::size_t index, std::string_view parameter, std::int64_t low,
                       std::int64_t high) const;

  /// `name(value, …)` as given.
  std::string to_string() const;

 private:
  std::string what_;
  std::string name_;
  std::vector<std::string> values_;
};

/// Parses one `name` or `name(argument, …)`; `what` is the argument of its ArgumentErrors (`modifier`,
/// `pattern`, …).
Arguments parse_call(std::string_view what, std::string_view text);

/// Splits at each `separator` outside of parentheses; parts are trimmed.
std::vector<std::string_view> split_outside_parentheses(std::string_view text, char separator);

/// The canonical form of a call: `name` or `name(argument,…)`, with numbers in their shortest exact form.
std::string call_name(std::string_view name, const std::vector<double>& arguments);

}  // namespace attnlab
