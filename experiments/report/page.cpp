#include "report/page.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "records/formats.h"
#include "report/assets.h"
#include "report/charts.h"
#include "report/first_screen.h"
#include "report/sections.h"

namespace attnlab {

namespace {

/// JSON that cannot end the script element around it.
std::string script_text(const std::string& json) {
  std::string text;
  for (const char c : json) text += c == '<' ? std::string("\\u003c") : std::string(1, c);
  return text;
}

std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::string make_section(const Section& section, const std::string& body) {
  const std::string title = fmt::format("<h2>{}</h2>", escape_html(section.title));
  return section.folded
             ? fmt::format("<section id=\"{0}\"><details><summary>{1}</summary>\n{2}</details></section>\n",
                           section.id, title, body)
             : fmt::format("<section id=\"{0}\">{1}\n{2}</section>\n", section.id, title, body);
}

std::string make_body(const Material& material) {
  std::string text;
  for (const Section& section : sections())
    if (const std::string body = section.body(material); !body.empty()) text += make_section(section, body);
  return text;
}

/// What ran, and the badge of validity.
std::string make_head(const Material& material) {
  std::string text;
  for (const std::string& line : what_ran(material.subject.records))
    text += fmt::format("<p class=\"ran\">{}</p>\n", escape_html(line));
  const Badge badge = make_badge(material.subject, material.table_named("validity"));
  return text + fmt::format("<p><a class=\"badge {}\" href=\"#validity\">{}</a></p>\n",
                            badge.caution ? "caution" : "valid", escape_html(badge.text));
}

Json make_model(const Material& material) {
  Json model = chart_model(material.subject.records);
  model["sections"] = Json::object();
  for (const Section& section : sections())
    if (section.data) model["sections"][section.id] = section.data(material);
  for (const auto& [name, table] : {std::pair("markdown", markdown_escapes()), {"latex", latex_escapes()}})
    for (const Escape& escape : table) model["escapes"][name][std::string(escape.sign)] = escape.instead;
  model["missing"] = missing;
  return model;
}

/// Only the page's own scripts run: they carry this random number, which no record can contain.
std::string make_nonce() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
}

/// `text` with every @@NAME@@ replaced. Replacements are not searched again.
std::string fill(std::string_view text, const std::vector<std::pair<std::string, std::string_view>>& values) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t mark = std::min(text.find("@@", at), text.size());
    out += text.substr(at, mark - at);
    if (mark == text.size()) break;
    const std::size_t end = text.find("@@", mark + 2);
    const std::string_view name = text.substr(mark + 2, end - mark - 2);
    for (const auto& [known, value] : values)
      if (known == name) out += value;
    at = end + 2;
  }
  return out;
}

}  // namespace

std::string make_page(const std::string& title, const Subject& subject) {
  const Against against(subject.records, subject.baseline, subject.floor());
  const Material material{subject, against, make_tables(subject)};
  return fill(assets::report_html(), {{"TITLE", escape_html(title)},
                                      {"NONCE", make_nonce()},
                                      {"CSS", assets::report_css()},
                                      {"HEAD", make_head(material)},
                                      {"BODY", make_body(material)},
                                      {"MODEL", script_text(dump(make_model(material)))},
                                      {"VEGA", assets::vega_js()},
                                      {"VEGA_LITE", assets::vega_lite_js()},
                                      {"VEGA_EMBED", assets::vega_embed_js()},
                                      {"CHARTS", assets::charts_js()},
                                      {"EXPORTS", assets::exports_js()},
                                      {"FILTERS", assets::filters_js()},
                                      {"DRAWERS", assets::drawers_js()},
                                      {"SCRIPT", assets::report_js()}});
}

}  // namespace attnlab
