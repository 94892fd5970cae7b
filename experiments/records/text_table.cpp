#include "records/text_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <string_view>

#include "options/terminal.h"

namespace attnlab {

namespace {

constexpr std::size_t gap = 2;
/// Columns are not made narrower than this: text that names rows, and figures beside it.
constexpr std::size_t narrowest_text = 12;
constexpr std::size_t narrowest_figure = 8;

/// The first `room` columns of text, in bytes; after a space or a sign between parts of a name if there is
/// one in the second half.
std::size_t piece_of(std::string_view text, std::size_t room) {
  std::size_t bytes = 0;
  std::size_t after_sign = 0;
  for (std::size_t taken = 0; bytes < text.size(); ++bytes) {
    if ((text[bytes] & 0xc0) != 0x80 && taken++ == room) break;
    if (2 * taken > room && std::string_view(" ,|&+/").find(text[bytes]) != std::string_view::npos)
      after_sign = bytes + 1;
  }
  if (bytes == text.size()) return bytes;
  return text[bytes] == ' ' || after_sign == 0 ? bytes : after_sign;
}

std::vector<std::string> broken(std::string_view text, std::size_t room) {
  std::vector<std::string> lines;
  do {
    const std::size_t bytes = piece_of(text, std::max<std::size_t>(room, 1));
    std::string line(text.substr(0, bytes));
    line.erase(line.find_last_not_of(' ') + 1);
    lines.push_back(std::move(line));
    text.remove_prefix(bytes);
    while (text.starts_with(' ')) text.remove_prefix(1);
  } while (!text.empty());
  return lines;
}

/// Lines of a text above or below a table.
std::string paragraph(const std::string& text, std::size_t columns) {
  std::string lines;
  if (text.empty()) return lines;
  for (const std::string& line : columns == 0 ? std::vector{text} : broken(text, columns))
    lines += line + "\n";
  return lines;
}

class TextTable {
 public:
  TextTable(const Table& table, const TextLayout& layout) : table_(table), layout_(layout) {
    for (std::size_t column = 0; column < table.naming_columns; ++column)
      if (!is_constant(column)) naming_.push_back(column);
    if (naming_.empty() && table.naming_columns > 0) naming_.push_back(0);
    for (std::size_t column = table.naming_columns; column < table.columns.size(); ++column)
      figures_.push_back(column);
    for (std::size_t column = 0; column < table.columns.size(); ++column) {
      widths_.push_back(text_width(table.columns[column].title));
      for (const auto& row : table.rows)
        widths_[column] = std::max(widths_[column], text_width(row[column].text));
    }
    if (layout.columns > 0) make_narrower();
  }

  std::string text() const {
    std::string text = paragraph(caption(), layout_.columns);
    for (std::size_t first = 0, end = 0; first == 0 || first < figures_.size(); first = end) {
      if (first > 0) text += "\n";
      std::vector<std::size_t> columns = naming_;
      std::size_t used = naming_width();
      for (end = first; end < figures_.size(); ++end) {
        used += widths_[figures_[end]] + gap;
        if (layout_.columns > 0 && end > first && used > layout_.columns + gap) break;
        columns.push_back(figures_[end]);
      }
      add_rows(columns, text);
      if (figures_.empty()) break;
    }
    return text + paragraph(table_.note, layout_.columns);
  }

 private:
  bool is_constant(std::size_t column) const {
    return std::all_of(table_.rows.begin(), table_.rows.end(),
                       [&](const auto& row) { return row[column].text == table_.rows.front()[column].text; });
  }

  /// With the values that all rows share.
  std::string caption() const {
    std::string caption = table_.caption;
    for (std::size_t column = 0; column < table_.naming_columns && !table_.rows.empty(); ++column)
      if (std::find(naming_.begin(), naming_.end(), column) == naming_.end())
        caption += fmt::format("{}{} {}", caption.empty() ? "" : ", ", table_.columns[column].title,
                               table_.rows.front()[column].text);
    return caption;
  }

  /// Width of the naming columns with the gaps behind them.
  std::size_t naming_width() const {
    return std::accumulate(naming_.begin(), naming_.end(), std::size_t{0},
                           [&](std::size_t sum, std::size_t column) { return sum + widths_[column] + gap; });
  }

  /// Leaves room for each figure beside the naming columns where their text can be broken.
  void make_narrower() {
    std::size_t widest_figure = 0;
    for (const std::size_t column : figures_)
      widest_figure =
          std::max(widest_figure, table_.columns[column].numeric ? widths_[column]
                                                                 : std::min(widths_[column], narrowest_text));
    const auto excess = [&] {
      const std::size_t used = naming_width() + widest_figure;
      return used > layout_.columns ? used - layout_.columns : 0;
    };
    while (excess() > 0) {
      std::size_t* widest = nullptr;
      for (const std::size_t column : naming_)
        if (!table_.columns[column].numeric && (widest == nullptr || widths_[column] > *widest))
          widest = &widths_[column];
      if (widest == nullptr || *widest <= narrowest_text) break;
      *widest -= std::min(excess(), *widest - narrowest_text);
    }
    const std::size_t room = layout_.columns - std::min(layout_.columns, naming_width());
    for (const std::size_t column : figures_)
      widths_[column] = std::min(widths_[column], std::max(room, narrowest_figure));
  }

  void add_rows(const std::vector<std::size_t>& columns, std::string& text) const {
    add_row(
        columns, [&](std::size_t column) -> std::string_view { return table_.columns[column].title; }, false,
        text);
    for (std::size_t row = 0; row < table_.rows.size(); ++row)
      add_row(
          columns, [&](std::size_t column) -> std::string_view { return table_.rows[row][column].text; },
          layout_.dims_doubtful&& row < table_.keys.size() && table_.keys[row].doubtful, text);
  }

  void add_row(const std::vector<std::size_t>& columns, const auto& cell, bool dim, std::string& text) const {
    std::vector<std::vector<std::string>> pieces;
    std::size_t height = 0;
    for (const std::size_t column : columns) {
      pieces.push_back(broken(cell(column), widths_[column]));
      height = std::max(height, pieces.back().size());
    }
    for (std::size_t at = 0; at < height; ++at) {
      std::string line;
      for (std::size_t place = 0; place < columns.size(); ++place) {
        const std::string piece = at < pieces[place].size() ? pieces[place][at] : "";
        const std::string space(widths_[columns[place]] - text_width(piece), ' ');
        line += table_.columns[columns[place]].numeric ? space + piece : piece + space;
        line += std::string(gap, ' ');
      }
      line.erase(line.find_last_not_of(' ') + 1);
      text += (dim ? "\033[2m" : "") + line + (dim ? "\033[0m" : "") + "\n";
    }
  }

  const Table& table_;
  const TextLayout layout_;
  std::vector<std::size_t> naming_;   ///< columns that name rows
  std::vector<std::size_t> figures_;  ///< the other columns
  std::vector<std::size_t> widths_;
};

}  // namespace

std::size_t text_width(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

TextLayout text_layout_of(int descriptor) {
  if (!is_terminal(descriptor)) return {};
  return {terminal_columns(descriptor), std::getenv("NO_COLOR") == nullptr};
}

std::string to_text(const Table& table, const TextLayout& layout) { return TextTable(table, layout).text(); }

}  // namespace attnlab
