#include "reference.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "attnlab_build.h"
#include "commands.h"
#include "core/argument_error.h"

namespace attnlab {

namespace {

std::string replaced(std::string_view text, std::string_view what, std::string_view with) {
  std::string out;
  for (std::size_t start = 0;;) {
    const std::size_t end = text.find(what, start);
    out += text.substr(start, end - start);
    if (end == std::string_view::npos) return out;
    out += with;
    start = end + what.size();
  }
}

/// A word of zsh's _arguments: in single quotes, brackets and colons escaped.
std::string zsh_text(std::string_view text) {
  std::string out = replaced(text, "'", "'\\''");
  for (const char* special : {"[", "]", ":"}) out = replaced(out, special, std::string("\\") + special);
  return out;
}

/// A line of roff: backslashes and hyphens escaped, never a request.
std::string roff(std::string_view text) {
  std::string out = replaced(replaced(text, "\\", "\\e"), "-", "\\-");
  return out.starts_with('.') || out.starts_with('\'') ? "\\&" + out : out;
}

}  // namespace

std::string bash_completion() {
  std::vector<std::string_view> names;
  std::string cases;
  for (const Command& command : commands()) {
    names.push_back(command.name);
    std::vector<std::string> options{"--help"};
    for (const std::string_view option : command.options) options.push_back(fmt::format("--{}", option));
    cases += fmt::format("    {}) words=\"{}\" ;;\n", command.name, fmt::join(options, " "));
  }
  return fmt::format(R"(# bash completion of attnlab: source <(attnlab completion bash)
_attnlab() {{
  local words="" current="${{COMP_WORDS[COMP_CWORD]}}"
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "{} --help --version" -- "$current"))
    return
  fi
  case "${{COMP_WORDS[1]}}" in
{}  esac
  case "$current" in
    -*) COMPREPLY=($(compgen -W "$words" -- "$current")) ;;
    *) COMPREPLY=($(compgen -f -- "$current")) ;;
  esac
}}
complete -o filenames -F _attnlab attnlab
)",
                     fmt::join(names, " "), cases);
}

std::string zsh_completion() {
  std::string described;
  std::string cases;
  for (const Command& command : commands()) {
    described += fmt::format("    '{}:{}'\n", command.name, zsh_text(command.summary));
    cases += fmt::format("    {})\n      _arguments '--help[this command]' \\\n", command.name);
    for (const std::string_view name : command.options) {
      const Option& option = option_named(name);
      cases += fmt::format("        '--{}[{}]{}' \\\n", option.name, zsh_text(option.help),
                           option.value.empty() ? "" : fmt::format(":{}:_files", option.value));
    }
    cases += "        '*:file:_files' ;;\n";
  }
  return fmt::format(R"(#compdef attnlab
# zsh completion of attnlab: attnlab completion zsh > "${{fpath[1]}}/_attnlab"
_attnlab() {{
  local -a commands=(
{}  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=${{words[2]}}
  shift words
  (( CURRENT-- ))
  case $command in
{}  esac
}}
if [ "$funcstack[1]" = _attnlab ]; then _attnlab "$@"; else compdef _attnlab attnlab; fi
)",
                     described, cases);
}

std::string man_page() {
  std::string text = fmt::format(
      ".TH ATTNLAB 1 \"\" \"attnlab {}\"\n.SH NAME\nattnlab \\- exact and sparse attention over long "
      "sequences on "
      "CPUs, measured\n.SH SYNOPSIS\n.B attnlab\n.I command\n[options]\n.SH COMMANDS\n",
      ATTNLAB_VERSION);
  for (const Command& command : commands()) {
    text +=
        fmt::format(".SS attnlab {}{} {}\n{}\n", command.name, command.options.empty() ? "" : " [options]",
                    roff(command.arguments), roff(command.summary));
    for (const std::string_view name : command.options) {
      const Option& option = option_named(name);
      text += fmt::format(".TP\n\\fB\\-\\-{}\\fR {}\n{}{}\n", roff(option.name), roff(option.value),
                          roff(option.help),
                          option.fallback.empty() ? "" : fmt::format(" ({})", roff(option.fallback)));
    }
    text += fmt::format(".PP\nExit status: {}\n.PP\nExample: {}\n", roff(command.exit_status),
                        roff(command.example));
  }
  return text +
         ".SH ENVIRONMENT\n.TP\n.B ATTNLAB_ISA\nbaseline, avx2, avx512 or avx512_bf16: holds the level of "
         "row code "
         "and oneDNN together\n";
}

int completion_command(const Settings& settings) {
  const std::string shell = settings.positional.empty() ? "" : settings.positional.front();
  if (shell != "bash" && shell != "zsh") throw ArgumentError("completion", shell, "bash or zsh");
  fmt::print("{}", shell == "bash" ? bash_completion() : zsh_completion());
  return 0;
}

int man_command(const Settings&) {
  fmt::print("{}", man_page());
  return 0;
}

}  // namespace attnlab
