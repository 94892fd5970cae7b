// Files that the build put into the command (assets.cmake).
#pragma once

#include <string_view>

namespace attnlab::assets {

std::string_view report_html();
std::string_view report_css();
std::string_view charts_js();
std::string_view exports_js();
std::string_view filters_js();
std::string_view drawers_js();
std::string_view report_js();
std::string_view vega_js();
std::string_view vega_lite_js();
std::string_view vega_embed_js();

}  // namespace attnlab::assets
