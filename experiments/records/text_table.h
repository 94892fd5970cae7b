// Tables as aligned text, within the width of a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "records/table.h"

namespace attnlab {

struct TextLayout {
  std::size_t columns = 0;     ///< width of the terminal; 0: no limit
  bool dims_doubtful = false;  ///< whether rows of doubtful figures (RowKey) are dimmed by escape sequences
};

/// For a descriptor: the width of its terminal, with dimmed rows unless NO_COLOR is set; no limit elsewhere.
TextLayout text_layout_of(int descriptor);

/// Naming columns in which all rows agree are in the caption instead. A table that is wider than the terminal
/// continues below with its other columns, under the same naming columns; text too long for that is broken.
std::string to_text(const Table& table, const TextLayout& layout = {});

/// Columns that text takes in a terminal: every UTF-8 sequence used here is one column wide.
std::size_t text_width(std::string_view text);

}  // namespace attnlab
