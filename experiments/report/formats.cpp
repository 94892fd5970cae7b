#include "report/formats.h"

#include <fmt/format.h>

namespace attnlab {

namespace {

template <class Replace>
std::string replaced(std::string_view text, Replace replace) {
  std::string out;
  for (const char c : text) {
    const std::string_view instead = replace(c);
    out += instead.empty() ? std::string_view(&c, 1) : instead;
  }
  return out;
}

std::string escape_markdown(std::string_view text) {
  return replaced(text, [](char c) -> std::string_view {
    switch (c) {
      case '|':
        return "\\|";
      case '<':
        return "&lt;";
      case '*':
        return "\\*";
      case '_':
        return "\\_";
      case '\n':
        return " ";
      default:
        return {};
    }
  });
}

std::string escape_csv(std::string_view text) {
  if (text.find_first_of(",\"\n\r") == std::string_view::npos) return std::string(text);
  return "\"" +
         replaced(text, [](char c) -> std::string_view { return c == '"' ? "\"\"" : std::string_view{}; }) +
         "\"";
}

std::string escape_latex(std::string_view text) {
  if (text == missing) return "--";
  return replaced(text, [](char c) -> std::string_view {
    switch (c) {
      case '\\':
        return "\\textbackslash{}";
      case '&':
        return "\\&";
      case '%':
        return "\\%";
      case '$':
        return "\\$";
      case '#':
        return "\\#";
      case '_':
        return "\\_";
      case '{':
        return "\\{";
      case '}':
        return "\\}";
      case '~':
        return "\\textasciitilde{}";
      case '^':
        return "\\textasciicircum{}";
      case '|':
        return "\\textbar{}";
      case '<':
        return "\\textless{}";
      case '>':
        return "\\textgreater{}";
      default:
        return {};
    }
  });
}

template <class Escape>
std::string joined(const std::vector<std::string>& cells, const char* between, Escape escape) {
  std::string line;
  for (std::size_t c = 0; c < cells.size(); ++c) line += (c == 0 ? "" : between) + escape(cells[c]);
  return line;
}

}  // namespace

std::string to_markdown(const std::vector<Table>& tables) {
  std::string text;
  for (const Table& table : tables) {
    if (table.rows.empty()) continue;
    text += fmt::format("## {}\n\n| {} |\n|", escape_markdown(table.caption),
                        joined(table.columns, " | ", escape_markdown));
    for (const bool numeric : table.numeric) text += numeric ? "---:|" : "---|";
    text += "\n";
    for (const auto& row : table.rows) text += fmt::format("| {} |\n", joined(row, " | ", escape_markdown));
    text += table.note.empty() ? "\n" : fmt::format("\n{}\n\n", escape_markdown(table.note));
  }
  return text;
}

std::string to_csv(const std::vector<Table>& tables) {
  std::string text;
  for (const Table& table : tables) {
    if (table.rows.empty()) continue;
    text += fmt::format("{}{}\r\n{}\r\n", text.empty() ? "" : "\r\n", escape_csv(table.caption),
                        joined(table.columns, ",", escape_csv));
    for (const auto& row : table.rows)
      text +=
          joined(row, ",",
                 [](const std::string& cell) { return cell == missing ? std::string() : escape_csv(cell); }) +
          "\r\n";
  }
  return text;
}

std::string to_latex(const std::vector<Table>& tables) {
  std::string text = "% needs \\usepackage{booktabs}\n";
  for (const Table& table : tables) {
    if (table.rows.empty()) continue;
    std::string columns;
    for (const bool numeric : table.numeric) columns += numeric ? 'r' : 'l';
    text += fmt::format(
        "\\begin{{table}}\n\\centering\n\\caption{{{}}}\n\\label{{tab:{}}}\n\\begin{{tabular}}{{{}}}"
        "\n\\toprule\n{} \\\\\n\\midrule\n",
        escape_latex(table.caption), table.id, columns, joined(table.columns, " & ", escape_latex));
    for (const auto& row : table.rows) text += joined(row, " & ", escape_latex) + " \\\\\n";
    text += "\\bottomrule\n\\end{tabular}\n\\end{table}\n\n";
  }
  return text;
}

std::string escape_html(std::string_view text) {
  return replaced(text, [](char c) -> std::string_view {
    switch (c) {
      case '&':
        return "&amp;";
      case '<':
        return "&lt;";
      case '>':
        return "&gt;";
      case '"':
        return "&quot;";
      case '\'':
        return "&#39;";
      default:
        return {};
    }
  });
}

std::string to_html(const Table& table) {
  std::string text = fmt::format(
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{0}\"><table "
      "id=\"table-{1}\"><caption>{0}</caption>\n",
      escape_html(table.caption), table.id);
  const bool headed = !table.columns.front().empty();
  if (headed) {
    text += "<thead><tr>";
    for (std::size_t c = 0; c < table.columns.size(); ++c)
      text += fmt::format("<th scope=\"col\"{}>{}</th>", table.numeric[c] ? " class=\"number\"" : "",
                          escape_html(table.columns[c]));
    text += "</tr></thead>\n";
  }
  text += "<tbody>\n";
  for (const auto& row : table.rows) {
    text += "<tr>";
    for (std::size_t c = 0; c < row.size(); ++c) {
      const std::string cell = row[c] == missing ? "<abbr title=\"not measured, or not comparable\">–</abbr>"
                                                 : escape_html(row[c]);
      text += c == 0 ? fmt::format("<th scope=\"row\">{}</th>", cell)
                     : fmt::format("<td{}>{}</td>", table.numeric[c] ? " class=\"number\"" : "", cell);
    }
    text += "</tr>\n";
  }
  text += "</tbody></table></div>\n";
  if (!table.note.empty()) text += fmt::format("<p class=\"note\">{}</p>\n", escape_html(table.note));
  return text;
}

}  // namespace attnlab
