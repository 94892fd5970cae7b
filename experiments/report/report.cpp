#include "report/report.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>

#include "attnlab/core/argument_error.h"
#include "records/formats.h"
#include "records/load.h"
#include "records/whole_file.h"
#include "report/page.h"
#include "report/tables.h"

namespace attnlab {

namespace {

/// The name of its directory.
std::string name_of(const std::filesystem::path& directory) {
  const std::string name = std::filesystem::absolute(directory).lexically_normal().filename().string();
  return name.empty() ? directory.string() : name;
}

}  // namespace

std::vector<std::string> report_formats() { return {"html", "md", "csv", "latex"}; }

int report_command(const Settings& settings) {
  settings.required_argument("the directory of a sweep, or those of two to set side by side");
  if (settings.has("format") && settings.text("format") == "svg")
    throw ArgumentError("format", "svg", "the browser draws the charts",
                        "html: its page has a button for the SVG of each chart");
  const std::string format = settings.choice("format", report_formats());
  std::vector<Run> runs;
  for (const std::string& directory : settings.positional)
    runs.push_back({name_of(directory), load_run(directory, "report")});
  const Subject subject = make_subject(std::move(runs), settings.has("force"));
  if (format == "html") {
    const bool two = subject.names.size() > 1;
    const std::filesystem::path file =
        settings.has("out")
            ? std::filesystem::path(settings.text("out"))
            : std::filesystem::path(settings.positional.back()) /
                  (two ? fmt::format("report-against-{}.html", subject.names.front()) : "report.html");
    std::string title = "attnlab: " + subject.names.front();
    if (two) title += " and " + subject.names.back();
    write_whole("out", file, make_page(title, subject));
    fmt::print("report: {}\n", file.string());
    return 0;
  }
  const std::vector<Table> tables = make_tables(subject);
  const std::string text = format == "md"    ? to_markdown(tables)
                           : format == "csv" ? to_csv(tables)
                                             : to_latex(tables);
  if (settings.has("out"))
    write_whole("out", settings.text("out"), text);
  else
    fmt::print("{}", text);
  return 0;
}

}  // namespace attnlab
