#include "report/elements.h"

#include <fmt/format.h>

#include "records/formats.h"

namespace attnlab {

std::string figure(const std::string& draw, const std::string& name, const std::string& title,
                   const std::string& below) {
  return fmt::format(
      "<figure id=\"chart-{1}\"><figcaption>{2}</figcaption><div class=\"panels\" data-draw=\"{0}\" "
      "data-name=\"{1}\"></div>{3}</figure>\n",
      draw, name, escape_html(title), below);
}

std::string details(const std::string& summary, const std::string& body) {
  return fmt::format("<details><summary>{}</summary>\n{}</details>\n", escape_html(summary), body);
}

}  // namespace attnlab
