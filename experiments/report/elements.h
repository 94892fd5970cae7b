// Pieces of the page as HTML. Parameters that are text are escaped; parameters that are HTML are not.
#pragma once

#include <string>

namespace attnlab {

/// A chart, drawn by the function `draw` of drawers.js, with `below` (HTML) under it. Its id is
/// chart-NAME; the drawer finds NAME as data-name.
std::string figure(const std::string& draw, const std::string& name, const std::string& title,
                   const std::string& below);

/// `body` (HTML) in a collapsed element.
std::string details(const std::string& summary, const std::string& body);

}  // namespace attnlab
