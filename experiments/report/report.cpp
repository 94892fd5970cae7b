#include "report/report.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "core/argument_error.h"
#include "report/formats.h"
#include "report/load.h"
#include "report/page.h"

namespace attnlab {

namespace {

/// Whole or not at all.
void write_file(const std::filesystem::path& file, const std::string& text) {
  std::filesystem::path partial = file;
  partial += ".partial";
  std::ofstream stream(partial, std::ios::binary);
  stream << text;
  stream.close();
  std::error_code failed;
  if (stream) std::filesystem::rename(partial, file, failed);
  if (!stream || failed) {
    std::filesystem::remove(partial, failed);
    throw ArgumentError("out", file.string(), "a file that can be written, on a disk with room for it");
  }
}

}  // namespace

int report_command(const Settings& settings) {
  if (settings.positional.empty()) throw ArgumentError("report", "", "the directory of a sweep");
  const std::filesystem::path directory = settings.positional.front();
  const std::string format = settings.choice("format", {"html", "md", "csv", "latex"});
  const std::vector<Json> records = load_records(directory);
  if (format == "html") {
    const std::filesystem::path file =
        settings.has("out") ? std::filesystem::path(settings.text("out")) : directory / "report.html";
    const std::string name = std::filesystem::absolute(directory).lexically_normal().filename().string();
    write_file(file, make_page("attnlab: " + (name.empty() ? directory.string() : name), records));
    fmt::print("report: {}\n", file.string());
    return 0;
  }
  const std::vector<Table> tables = make_tables(records);
  const std::string text = format == "md"    ? to_markdown(tables)
                           : format == "csv" ? to_csv(tables)
                                             : to_latex(tables);
  if (settings.has("out"))
    write_file(settings.text("out"), text);
  else
    fmt::print("{}", text);
  return 0;
}

}  // namespace attnlab
