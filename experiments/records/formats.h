// Tables for papers, scripts and the page. All text of a cell is escaped.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "records/table.h"

namespace attnlab {

std::string to_markdown(const std::vector<Table>& tables);
/// CSV (RFC 4180) with one line of names, as pandas reads it. Values are those of the records, not rounded; a
/// missing value is empty.
std::string to_csv(const Table& table);
/// LaTeX with the package booktabs.
std::string to_latex(const std::vector<Table>& tables);

/// Replacements for characters that have a meaning in a format; the exports of the page use the same tables.
struct Escape {
  std::string_view sign;
  std::string_view instead;
};
std::span<const Escape> markdown_escapes();
std::span<const Escape> latex_escapes();

/// A field of RFC 4180, in quotes if it needs them. Text that a spreadsheet would take for a formula gets an
/// apostrophe in front, by the rule of OWASP ("CSV injection").
std::string escape_csv(std::string_view text);
std::string escape_html(std::string_view text);
std::string to_html(const Table& table);

}  // namespace attnlab
