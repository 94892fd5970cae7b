# Compiles the files of the report and the chart libraries into the attnlab command, so that a report needs nothing
# else.
find_program(NPM npm)
if(NOT NPM)
  message(FATAL_ERROR "npm fetches the report's chart libraries and is missing: install it (Debian, Ubuntu: apt-get install npm)")
endif()
set(report_source ${PROJECT_SOURCE_DIR}/experiments/report)
set(report_modules ${PROJECT_BINARY_DIR}/npm/node_modules)
set(report_scripts ${report_modules}/vega/build/vega.min.js ${report_modules}/vega-lite/build/vega-lite.min.js
    ${report_modules}/vega-embed/build/vega-embed.min.js)
add_custom_command(
  OUTPUT ${report_scripts}
  COMMAND ${CMAKE_COMMAND} -E copy ${report_source}/package.json ${report_source}/package-lock.json ${PROJECT_BINARY_DIR}/npm
  COMMAND ${CMAKE_COMMAND} -E chdir ${PROJECT_BINARY_DIR}/npm ${NPM} ci --ignore-scripts --no-audit --no-fund --loglevel=error
  COMMAND ${CMAKE_COMMAND} -E touch_nocreate ${report_scripts}
  DEPENDS ${report_source}/package.json ${report_source}/package-lock.json
  COMMENT "Fetching the chart libraries (npm ci)" VERBATIM)
file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/npm)

set(report_assets_source ${PROJECT_BINARY_DIR}/generated/report_assets.cpp)
set(report_assets_text "#include \"report/assets.h\"\n")
set(report_files ${report_source}/report.html ${report_source}/report.css ${report_source}/charts.js
    ${report_source}/exports.js ${report_source}/filters.js ${report_source}/drawers.js ${report_source}/report.js ${report_scripts})
set(report_names report_html report_css charts_js exports_js filters_js drawers_js report_js vega_js vega_lite_js vega_embed_js)
foreach(file name IN ZIP_LISTS report_files report_names)
  string(APPEND report_assets_text
    "asm(\".pushsection .rodata\\nasset_${name}:\\n.incbin \\\"${file}\\\"\\nasset_${name}_end:\\n.popsection\\n\");\n"
    "extern \"C\" const char asset_${name}[], asset_${name}_end[];\n"
    "namespace attnlab::assets { std::string_view ${name}() { return {asset_${name}, static_cast<std::size_t>(asset_${name}_end - asset_${name})}; } }\n")
endforeach()
file(CONFIGURE OUTPUT ${report_assets_source} CONTENT "${report_assets_text}" @ONLY)
set_source_files_properties(${report_assets_source} PROPERTIES OBJECT_DEPENDS "${report_files}")
target_sources(attnlab_experiments PRIVATE ${report_assets_source})
