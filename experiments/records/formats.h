// Tables as text for papers and scripts; everything in a cell is escaped.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "records/table.h"

namespace attnlab {

/// For a terminal: aligned columns.
std::string to_text(const Table& table);
std::string to_markdown(const std::vector<Table>& tables);
/// One table after another, each with its caption on a line of its own, RFC 4180. Values are raw, as the
/// records have them; a missing one is empty.
std::string to_csv(const std::vector<Table>& tables);
/// booktabs.
std::string to_latex(const std::vector<Table>& tables);

/// What stands for a sign that a format would read as its own; the page's exports have the same tables.
struct Escape {
  std::string_view sign;
  std::string_view instead;
};
std::span<const Escape> markdown_escapes();
std::span<const Escape> latex_escapes();

/// A field of RFC 4180, in quotes where it has to be.
std::string escape_csv(std::string_view text);
std::string escape_html(std::string_view text);
std::string to_html(const Table& table);

}  // namespace attnlab
