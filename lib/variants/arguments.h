// The atom of every name, `name(argument, …)`, and checked access to its arguments.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace attnlab {

/// What a member of a table says of itself, for `attnlab list` and for error messages.
struct MemberInfo {
  std::string_view name;
  std::string_view parameters;  ///< as in `c > 0`; empty if it takes none
  std::string_view example;     ///< a call that parses; the conformance tests run it
  std::string_view summary;
  std::string_view source;  ///< paper, with its arXiv number
};

/// Arguments of one call; each accessor throws ArgumentError naming the call, the value and what is allowed.
class Arguments {
 public:
  Arguments(std::string_view what, std::string name, std::vector<std::string> values);

  const std::string& name() const { return name_; }
  std::size_t count() const { return values_.size(); }
  std::string_view text(std::size_t index) const { return values_.at(index); }

  /// Throws unless there are between `least` and `most` arguments; `parameters` is what the message shows.
  void require_count(std::size_t least, std::size_t most, std::string_view parameters) const;

  /// A finite number with low < value (or <= if `low_included`) and value <= high.
  double number(std::size_t index, std::string_view parameter, double low, double high,
                bool low_included = false) const;

  /// An integer from low to high, both included.
  std::int64_t integer(std::size_t index, std::string_view parameter, std::int64_t low,
                       std::int64_t high) const;

  /// `name(value, …)` as it was given.
  std::string to_string() const;

 private:
  std::string what_;
  std::string name_;
  std::vector<std::string> values_;
};

/// Parses one `name` or `name(argument, …)`; `what` names it in the ArgumentError (`modifier`, `pattern`, …).
Arguments parse_call(std::string_view what, std::string_view text);

/// Splits at `separator` where no parenthesis is open; parts are trimmed.
std::vector<std::string_view> split_outside_parentheses(std::string_view text, char separator);

/// `name` or `name(argument,…)` with numbers in their shortest exact form: the canonical form of a call.
std::string call_name(std::string_view name, const std::vector<double>& arguments);

}  // namespace attnlab
