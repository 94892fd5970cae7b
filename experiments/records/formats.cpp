#include "records/formats.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <span>

#include "cell/cell.h"

namespace attnlab {

namespace {

/// `text` with every character of the table replaced; no character of the table begins another.
std::string escaped(std::string_view text, std::span<const Escape> table) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto found = std::find_if(table.begin(), table.end(), [&](const Escape& escape) {
      return text.substr(at).starts_with(escape.sign);
    });
    out += found == table.end() ? text.substr(at, 1) : found->instead;
    at += found == table.end() ? 1 : found->sign.size();
  }
  return out;
}

constexpr Escape markdown[]{{"|", "\\|"}, {"<", "&lt;"}, {"*", "\\*"},   {"_", "\\_"}, {"\\", "\\\\"},
                            {"`", "\\`"}, {"[", "\\["},  {"&", "&amp;"}, {"\n", " "}};
// The special characters of TeX, and the characters used here that pdfLaTeX's default fonts lack.
constexpr Escape latex[]{{"\\", "\\textbackslash{}"},
                         {"&", "\\&"},
                         {"%", "\\%"},
                         {"$", "\\$"},
                         {"#", "\\#"},
                         {"_", "\\_"},
                         {"{", "\\{"},
                         {"}", "\\}"},
                         {"~", "\\textasciitilde{}"},
                         {"^", "\\textasciicircum{}"},
                         {"|", "\\textbar{}"},
                         {"<", "\\textless{}"},
                         {">", "\\textgreater{}"},
                         {"–", "--"},
                         {"†", "\\textdagger{}"},
                         {"×", "$\\times$"},
                         {"÷", "$\\div$"},
                         {"²", "$^2$"},
                         {"…", "\\ldots{}"},
                         {"→", "$\\to$"}};
constexpr Escape csv[]{{"\"", "\"\""}};
constexpr Escape html[]{{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}, {"'", "&#39;"}};

std::string escape_markdown(std::string_view text) { return escaped(text, markdown); }
std::string escape_latex(std::string_view text) { return escaped(text, latex); }

/// show(item) of each item, joined by `between`.
template <class Item, class Show>
std::string joined(const std::vector<Item>& items, const char* between, Show show) {
  std::string line;
  for (std::size_t i = 0; i < items.size(); ++i) line += (i == 0 ? "" : between) + show(items[i]);
  return line;
}

/// The reasons of missing values, each once. A missing value refers to its reason by a letter.
std::vector<std::string> reasons_of(const Table& table) {
  std::vector<std::string> reasons;
  for (const auto& row : table.rows)
    for (const TableCell& cell : row)
      if (!cell.why.empty() && std::find(reasons.begin(), reasons.end(), cell.why) == reasons.end())
        reasons.push_back(cell.why);
  return reasons;
}

std::string letter_of(const std::vector<std::string>& reasons, const std::string& why) {
  const auto index =
      static_cast<std::size_t>(std::find(reasons.begin(), reasons.end(), why) - reasons.begin());
  return index < 26 ? std::string(1, static_cast<char>('a' + index)) : fmt::format("{}", index + 1);
}

/// The note of the table, then the reasons by letter.
std::string legend_of(const Table& table) {
  std::string text = table.note;
  const std::vector<std::string> reasons = reasons_of(table);
  for (const std::string& why : reasons)
    text += fmt::format("{}{} {}: {}.", text.empty() ? "" : " ", missing, letter_of(reasons, why), why);
  return text;
}

/// Whether a spreadsheet would compute the text instead of showing it.
bool is_formula(std::string_view text) {
  if (text.empty() || std::string_view("=+-@\t\r").find(text[0]) == std::string_view::npos) return false;
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error != std::errc() || end != text.data() + text.size();
}

}  // namespace

std::span<const Escape> markdown_escapes() { return markdown; }
std::span<const Escape> latex_escapes() { return latex; }

std::string escape_csv(std::string_view text) {
  const std::string shown = (is_formula(text) ? "'" : "") + std::string(text);
  if (shown.find_first_of(",\"\n\r") == std::string::npos) return shown;
  return "\"" + escaped(shown, csv) + "\"";
}

std::string escape_html(std::string_view text) { return escaped(text, html); }

std::string to_markdown(const std::vector<Table>& tables) {
  std::string text;
  for (const Table& table : tables) {
    if (table.rows.empty()) continue;
    const std::vector<std::string> reasons = reasons_of(table);
    const auto cell = [&](const TableCell& value) {
      if (value.bold) return fmt::format("**{}**", escape_markdown(value.text));
      return value.why.empty() ? escape_markdown(value.text)
                               : fmt::format("{} {}", missing, letter_of(reasons, value.why));
    };
    text +=
        fmt::format("## {}\n\n| {} |\n|", escape_markdown(table.caption),
                    joined(table.columns, " | ", [](const Column& c) { return escape_markdown(c.title); }));
    for (const Column& column : table.columns) text += column.numeric ? "---:|" : "---|";
    text += "\n";
    for (const auto& row : table.rows) text += fmt::format("| {} |\n", joined(row, " | ", cell));
    const std::string legend = legend_of(table);
    text += legend.empty() ? "\n" : fmt::format("\n{}\n\n", escape_markdown(legend));
  }
  return text;
}

std::string to_csv(const Table& table) {
  const auto name = [](const Column& column) {
    return escape_csv(column.name) + (column.high_name.empty() ? "" : "," + escape_csv(column.high_name));
  };
  std::string text = joined(table.columns, ",", name) + "\r\n";
  for (const auto& row : table.rows) {
    for (std::size_t c = 0; c < row.size(); ++c) {
      if (c > 0) text += ",";
      if (row[c].why.empty()) text += escape_csv(row[c].raw.empty() ? row[c].text : row[c].raw);
      if (!table.columns[c].high_name.empty()) text += "," + escape_csv(row[c].high);
    }
    text += "\r\n";
  }
  return text;
}

std::string to_latex(const std::vector<Table>& tables) {
  std::string text = "% needs \\usepackage{booktabs}\n";
  for (const Table& table : tables) {
    if (table.rows.empty()) continue;
    const std::vector<std::string> reasons = reasons_of(table);
    const auto cell = [&](const TableCell& value) {
      if (value.bold) return fmt::format("\\textbf{{{}}}", escape_latex(value.text));
      return value.why.empty() ? escape_latex(value.text)
                               : fmt::format("--\\textsuperscript{{{}}}", letter_of(reasons, value.why));
    };
    std::string columns;
    for (const Column& column : table.columns) columns += column.numeric ? 'r' : 'l';
    text += fmt::format(
        "\\begin{{table}}\n\\centering\n\\caption{{{}}}\n\\label{{tab:{}}}\n\\begin{{tabular}}{{{}}}"
        "\n\\toprule\n{} \\\\\n\\midrule\n",
        escape_latex(table.caption), table.id, columns,
        joined(table.columns, " & ", [](const Column& c) { return escape_latex(c.title); }));
    for (const auto& row : table.rows) text += joined(row, " & ", cell) + " \\\\\n";
    text += "\\bottomrule\n\\end{tabular}\n";
    if (const std::string legend = legend_of(table); !legend.empty())
      text += fmt::format("\n\\smallskip{{\\footnotesize {}\\par}}\n", escape_latex(legend));
    text += "\\end{table}\n\n";
  }
  return text;
}

namespace {

/// A title that breaks between words, but not at a hyphen.
std::string header_of(const std::string& title) {
  return title.find('-') == std::string::npos || title.find(' ') != std::string::npos
             ? escape_html(title)
             : fmt::format("<span class=word>{}</span>", escape_html(title));
}

}  // namespace

std::string to_html(const Table& table) {
  const std::vector<std::string> reasons = reasons_of(table);
  Json columns = Json::array();
  for (const Column& column : table.columns)
    columns.push_back({column.title, column.name, column.numeric, column.high_name});
  std::string text = fmt::format(
      "<p class=\"caption\" data-of=\"table-{1}\" aria-hidden=\"true\">{0}</p>\n"
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{0}\">"
      "<table id=\"table-{1}\" data-columns=\"{2}\"><caption>{0}</caption>\n",
      escape_html(table.caption), table.id,
      escape_html(columns.dump(-1, ' ', false, Json::error_handler_t::replace)));
  // Numeric cells have no class because most cells are numeric: 500 records make 20 000 cells.
  const auto left = [&](std::size_t c) { return table.columns[c].numeric ? "" : " class=t"; };
  if (!table.columns.front().title.empty()) {
    text += "<thead><tr>";
    for (std::size_t c = 0; c < table.columns.size(); ++c)
      text += fmt::format("<th scope=col{}>{}</th>", left(c), header_of(table.columns[c].title));
    text += "</tr></thead>\n";
  }
  text += "<tbody>\n";
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    const auto& row = table.rows[r];
    text += "<tr";
    if (!table.keys.empty()) {
      const RowKey& key = table.keys.at(r);
      text += fmt::format(" data-key=\"{} {}{}\"{}", key.series, escape_html(key.dtype),
                          key.n ? fmt::format(" {}", *key.n) : "", key.doubtful ? " class=doubtful" : "");
    }
    text += ">";
    for (std::size_t c = 0; c < row.size(); ++c) {
      const std::string cell = row[c].why.empty()
                                   ? escape_html(row[c].text)
                                   : fmt::format("<abbr title=\"{}\">–</abbr><sup>{}</sup>",
                                                 escape_html(row[c].why), letter_of(reasons, row[c].why));
      const std::string raw =
          row[c].why.empty() && !row[c].raw.empty() && row[c].raw != row[c].text
              ? fmt::format(" data-raw=\"{}\"", escape_html(row[c].raw)) +
                    (row[c].high.empty() ? "" : fmt::format(" data-high=\"{}\"", row[c].high))
              : "";
      text += c == 0 ? fmt::format("<th scope=row{}{}>{}", left(c), raw, cell)
                     : fmt::format("<td{}{}>{}", left(c), raw, cell);
    }
    text += "\n";
  }
  text += "</tbody></table></div>\n";
  if (!table.note.empty() || !reasons.empty()) {
    text += fmt::format("<p class=\"note\" data-note=\"{}\">{}</p>\n", escape_html(table.note),
                        escape_html(legend_of(table)));
  }
  return text;
}

}  // namespace attnlab
