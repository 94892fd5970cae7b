#include "cli/man_page.h"

#include <fmt/format.h>

#include <boost/algorithm/string/replace.hpp>

#include "attnlab/version.h"
#include "cli/commands.h"

namespace attnlab {

namespace {

/// A line of roff with backslashes and hyphens escaped; it never starts a request.
std::string roff(std::string_view text) {
  std::string out(text);
  boost::replace_all(out, "\\", "\\e");
  boost::replace_all(out, "-", "\\-");
  return out.starts_with('.') || out.starts_with('\'') ? "\\&" + out : out;
}

}  // namespace

std::string man_page() {
  std::string text = fmt::format(
      ".TH ATTNLAB 1 \"\" \"attnlab {}\"\n.SH NAME\n"
      "attnlab \\- exact and sparse attention over long sequences on CPUs, measured\n"
      ".SH SYNOPSIS\n.B attnlab\n.I command\n[options]\n.SH COMMANDS\n",
      ATTNLAB_VERSION);
  for (const Command& command : commands()) {
    text += fmt::format(".SS {}\n{}\n", roff(usage_of(command)), roff(command.summary));
    for (const std::string_view name : command.options) {
      const Option& option = option_named(name);
      text += fmt::format(".TP\n\\fB\\-\\-{}\\fR {}\n{}\n", roff(option.name),
                          roff(value_of(command, option)), roff(help_of(command, option)));
    }
    for (const std::string& note : notes_of(command)) text += fmt::format(".PP\n{}\n", roff(note));
    text += fmt::format(".PP\nExit status: {}\n.PP\nExample: {}\n", roff(command.exit_status),
                        roff(command.example));
  }
  return text +
         ".SH ENVIRONMENT\n.TP\n.B ATTNLAB_ISA\nbaseline, avx2, avx512 or avx512_bf16: sets the level of "
         "row code and oneDNN\n";
}

int man_command(const Settings&) {
  fmt::print("{}", man_page());
  return 0;
}

}  // namespace attnlab
