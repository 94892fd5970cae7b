#include "report/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "attnlab/core/argument_error.h"
#include "records/formats.h"
#include "records/load.h"
#include "records/option_order.h"
#include "records/whole_file.h"
#include "report/page.h"
#include "report/pivot.h"
#include "report/tables.h"

namespace attnlab {

namespace {

/// The name of its directory.
std::string name_of(const std::filesystem::path& directory) {
  const std::string name = std::filesystem::absolute(directory).lexically_normal().filename().string();
  return name.empty() ? directory.string() : name;
}

/// All tables with rows; or the table of --table, pivoted if --pivot was given.
std::vector<Table> chosen_tables(const Settings& settings, std::vector<Table> tables) {
  std::erase_if(tables, [](const Table& table) { return table.rows.empty(); });
  if (settings.has("pivot") && !settings.has("table")) throw UsageError("--pivot needs --table");
  if (!settings.has("table")) return tables;
  const std::string& wanted = settings.text("table");
  std::vector<std::string> ids;
  for (const Table& table : tables) ids.push_back(table.id);
  const auto found = std::find(ids.begin(), ids.end(), wanted);
  if (found == ids.end()) throw unknown_name("table", wanted, wanted, ids);
  const Table& table = tables[static_cast<std::size_t>(found - ids.begin())];
  if (!settings.has("pivot")) return {table};
  settings.choice("pivot", {"n"});
  return pivot_by_length(table);
}

/// A CSV file holds one table, so that other programs can read it.
void write_csv_files(const std::filesystem::path& directory, const std::vector<Table>& tables) {
  std::error_code failed;
  std::filesystem::create_directories(directory, failed);
  if (failed)
    throw ArgumentError("out", directory.string(),
                        fmt::format("cannot make the directory: {}", failed.message()), {});
  for (const Table& table : tables) write_whole("out", directory / (table.id + ".csv"), to_csv(table));
  fmt::print("tables: {} files in {}\n", tables.size(), directory.string());
}

int write_tables(const Settings& settings, const std::string& format, const std::vector<Table>& tables) {
  if (format == "csv" && !settings.has("table")) {
    write_csv_files(
        settings.required("out", "a directory for a CSV file of each table, or --table for one table"),
        tables);
    return 0;
  }
  if (format == "csv" && tables.size() > 1)
    throw UsageError(
        "a CSV file holds one table, and this pivot makes one for each storage type and condition");
  const std::string text = format == "md"    ? to_markdown(tables)
                           : format == "csv" ? to_csv(tables.front())
                                             : to_latex(tables);
  if (settings.has("out"))
    write_whole("out", settings.text("out"), text);
  else
    fmt::print("{}", text);
  return 0;
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
  for (const std::string& directory : settings.positional) {
    runs.push_back({name_of(directory), load_run(directory, "report")});
    sort_by_options(directory, runs.back().records.cells);
  }
  if (format == "html" && (settings.has("table") || settings.has("pivot")))
    throw UsageError("--table and --pivot need --format md, csv or latex");
  const Subject subject =
      make_subject(std::move(runs), settings.has("force"),
                   settings.has("baseline") ? std::optional(settings.text("baseline")) : std::nullopt);
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
  return write_tables(settings, format, chosen_tables(settings, make_tables(subject)));
}

}  // namespace attnlab
