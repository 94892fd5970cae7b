#include "report/formats.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

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
      case '\\':
        return "\\\\";
      case '`':
        return "\\`";
      case '[':
        return "\\[";
      case '&':
        return "&amp;";
      case '\n':
        return " ";
      default:
        return {};
    }
  });
}

}  // namespace

std::string escape_csv(std::string_view text) {
  if (text.find_first_of(",\"\n\r") == std::string_view::npos) return std::string(text);
  return "\"" +
         replaced(text, [](char c) -> std::string_view { return c == '"' ? "\"\"" : std::string_view{}; }) +
         "\"";
}

namespace {

std::string escape_latex_character(std::string_view text) {
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

std::string escape_latex(std::string_view text) {
  std::string out;
  // What pdfLaTeX's default fonts lack; the rest of UTF-8 they have.
  constexpr std::pair<std::string_view, std::string_view> signs[]{
      {"–", "--"}, {"×", "$\\times$"}, {"÷", "$\\div$"}, {"²", "$^2$"}};
  for (std::size_t at = 0; at < text.size();) {
    const auto sign = std::find_if(std::begin(signs), std::end(signs),
                                   [&](const auto& pair) { return text.substr(at).starts_with(pair.first); });
    const std::size_t length = sign == std::end(signs) ? 1 : sign->first.size();
    out += sign == std::end(signs) ? escape_latex_character(text.substr(at, 1)) : std::string(sign->second);
    at += length;
  }
  return out;
}

/// show(item) of each, with `between` between them.
template <class Item, class Show>
std::string joined(const std::vector<Item>& items, const char* between, Show show) {
  std::string line;
  for (std::size_t i = 0; i < items.size(); ++i) line += (i == 0 ? "" : between) + show(items[i]);
  return line;
}

/// Why values are missing, each reason once: a missing value refers to its reason by a letter.
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

/// The note, then the reasons by letter.
std::string legend_of(const Table& table) {
  std::string text = table.note;
  const std::vector<std::string> reasons = reasons_of(table);
  for (const std::string& why : reasons)
    text += fmt::format("{}{} {}: {}.", text.empty() ? "" : " ", missing, letter_of(reasons, why), why);
  return text;
}

}  // namespace

std::string to_markdown(const std::vector<Table>& tables) {
  std::string text;
  for (const Table& table : tables) {
    if (table.rows.empty()) continue;
    const std::vector<std::string> reasons = reasons_of(table);
    const auto cell = [&](const TableCell& value) {
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

std::string to_csv(const std::vector<Table>& tables) {
  const auto cell = [](const TableCell& value) {
    return value.why.empty() ? escape_csv(value.raw.empty() ? value.text : value.raw) : std::string();
  };
  std::string text;
  for (const Table& table : tables) {
    if (table.rows.empty()) continue;
    text += fmt::format("{}{}\r\n{}\r\n", text.empty() ? "" : "\r\n", escape_csv(table.caption),
                        joined(table.columns, ",", [](const Column& c) { return escape_csv(c.name); }));
    for (const auto& row : table.rows) text += joined(row, ",", cell) + "\r\n";
  }
  return text;
}

std::string to_latex(const std::vector<Table>& tables) {
  std::string text = "% needs \\usepackage{booktabs}\n";
  for (const Table& table : tables) {
    if (table.rows.empty()) continue;
    const std::vector<std::string> reasons = reasons_of(table);
    const auto cell = [&](const TableCell& value) {
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
  const std::vector<std::string> reasons = reasons_of(table);
  std::string text = fmt::format(
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{0}\"><table "
      "id=\"table-{1}\"><caption>{0}</caption>\n",
      escape_html(table.caption), table.id);
  // Numeric cells are the rule and carry no class: 500 records make 20 000 cells.
  const auto left = [&](std::size_t c) { return table.columns[c].numeric ? "" : " class=t"; };
  if (!table.columns.front().title.empty()) {
    text += "<thead><tr>";
    for (std::size_t c = 0; c < table.columns.size(); ++c)
      text += fmt::format("<th scope=col{}>{}</th>", left(c), escape_html(table.columns[c].title));
    text += "</tr></thead>\n";
  }
  text += "<tbody>\n";
  for (const auto& row : table.rows) {
    text += "<tr>";
    for (std::size_t c = 0; c < row.size(); ++c) {
      const std::string cell = row[c].why.empty()
                                   ? escape_html(row[c].text)
                                   : fmt::format("<abbr title=\"{}\">–</abbr><sup>{}</sup>",
                                                 escape_html(row[c].why), letter_of(reasons, row[c].why));
      text +=
          c == 0 ? fmt::format("<th scope=row{}>{}", left(c), cell) : fmt::format("<td{}>{}", left(c), cell);
    }
    text += "\n";
  }
  text += "</tbody></table></div>\n";
  if (const std::string legend = legend_of(table); !legend.empty())
    text += fmt::format("<p class=\"note\">{}</p>\n", escape_html(legend));
  return text;
}

}  // namespace attnlab
