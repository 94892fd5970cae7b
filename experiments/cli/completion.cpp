#include "cli/completion.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/algorithm/string/replace.hpp>
#include <map>

#include "attnlab/core/argument_error.h"
#include "cli/commands.h"
#include "cli/option_values.h"

namespace attnlab {

namespace {

/// A word for zsh's _arguments: in single quotes, with brackets and colons escaped.
std::string zsh_text(std::string_view text) {
  std::string out(text);
  boost::replace_all(out, "'", "'\\''");
  for (const char* special : {"[", "]", ":"}) boost::replace_all(out, special, std::string("\\") + special);
  return out;
}

/// The bash call that completes `values`.
std::string bash_action(const OptionValues& values) {
  if (values.files) return "_attnlab_files";
  return fmt::format("_attnlab_{} \"{}\"", values.list ? "list" : "words", fmt::join(values.words, " "));
}

/// An action for zsh's _arguments, in single quotes.
std::string zsh_action(const OptionValues& values) {
  if (values.files) return "_files";
  if (values.words.empty()) return " ";
  std::string words;
  for (const std::string& word : values.words) words += fmt::format(" '\\''{}'\\''", zsh_text(word));
  return fmt::format(" {}compadd -{}", values.list ? "_sequence " : "", words);
}

/// A word for fish, in single quotes.
std::string fish_text(std::string_view text) {
  std::string out(text);
  boost::replace_all(out, "\\", "\\\\");
  boost::replace_all(out, "'", "\\'");
  return "'" + out + "'";
}

/// The options of fish's `complete` that complete `values`.
std::string fish_action(const OptionValues& values) {
  if (values.files) return " -F";
  std::string words;
  for (const std::string& word : values.words) words += (words.empty() ? "" : " ") + fish_text(word);
  if (words.empty()) return "";
  // fish expands the words once more, so that parentheses need quotes of their own.
  return " -a " + fish_text(values.list ? "(__attnlab_list " + words + ")" : words);
}

}  // namespace

std::string bash_completion() {
  std::vector<std::string_view> names;
  std::string cases;
  for (const Command& command : commands()) {
    names.push_back(command.name);
    std::vector<std::string> options{"--help"};
    for (const std::string_view name : command.options) {
      options.push_back(fmt::format("--{}", name));
      const Option& option = option_named(name);
      if (!option.value.empty())
        cases +=
            fmt::format("    {}:--{}) {} ;;\n", command.name, name, bash_action(values_of(command, option)));
    }
    cases += fmt::format(
        "    {}:*)\n      case \"$current\" in\n        -*) _attnlab_words \"{}\" ;;\n        *) {} ;;\n     "
        " esac ;;\n",
        command.name, fmt::join(options, " "), bash_action(argument_values(command)));
  }
  return fmt::format(R"(# bash completion of attnlab: source <(attnlab completion bash)
_attnlab_words() {{ mapfile -t COMPREPLY < <(compgen -W "$1" -- "$current"); }}
_attnlab_files() {{ mapfile -t COMPREPLY < <(compgen -f -- "$current"); }}
# The last of several with commas between them.
_attnlab_list() {{
  local before=""
  [[ $current != *,* ]] || before="${{current%,*}},"
  mapfile -t COMPREPLY < <(compgen -P "$before" -W "$1" -- "${{current##*,}}")
  compopt -o nospace 2> /dev/null
}}
_attnlab() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" previous="${{COMP_WORDS[COMP_CWORD - 1]}}"
  # --option=value is three words.
  if [ "$current" = = ]; then
    current=""
  elif [ "$previous" = = ]; then
    previous="${{COMP_WORDS[COMP_CWORD - 2]}}"
  fi
  current="${{current#[\"\']}}"
  if [ "$COMP_CWORD" -eq 1 ]; then
    _attnlab_words "{} --help --version"
    return
  fi
  case "${{COMP_WORDS[1]}}:$previous" in
{}  esac
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
      cases += fmt::format("        '--{}{}[{}]{}' \\\n", option.name, option.value.empty() ? "" : "=",
                           zsh_text(help_of(command, option)),
                           option.value.empty() ? ""
                                                : fmt::format(":{}:{}", value_of(command, option),
                                                              zsh_action(values_of(command, option))));
    }
    if (const OptionValues arguments = argument_values(command); !arguments.words.empty() || arguments.files)
      cases += fmt::format("        '*:argument:{}' \\\n", zsh_action(arguments));
    cases += "        ;;\n";
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

std::string fish_completion() {
  std::string text =
      R"(# fish completion of attnlab: attnlab completion fish > ~/.config/fish/completions/attnlab.fish
# The last of several with commas between them.
function __attnlab_list
  set -l typed (commandline -ct | string replace -r '^--[^=]*=' '' | string replace -a "'" '')
  set -l before (string replace -rf '^(.*,)[^,]*$' '$1' -- $typed)
  printf '%s\n' "$before"$argv
end
complete -c attnlab -f
)";
  for (const Command& command : commands()) {
    text += fmt::format("complete -c attnlab -n __fish_use_subcommand -a {} -d {}\n", command.name,
                        fish_text(command.summary));
    const std::string seen =
        fmt::format("complete -c attnlab -n '__fish_seen_subcommand_from {}'", command.name);
    text += fmt::format("{} -l help -d 'this command'\n", seen);
    for (const std::string_view name : command.options) {
      const Option& option = option_named(name);
      text += fmt::format("{} -l {}{} -d {}\n", seen, name,
                          option.value.empty() ? "" : " -r" + fish_action(values_of(command, option)),
                          fish_text(help_of(command, option)));
    }
    text += seen + fish_action(argument_values(command)) + "\n";
  }
  return text;
}

int completion_command(const Settings& settings) {
  const std::string& shell = settings.required_argument("bash, zsh or fish");
  const std::map<std::string, std::string (*)()> scripts{
      {"bash", bash_completion}, {"zsh", zsh_completion}, {"fish", fish_completion}};
  const auto script = scripts.find(shell);
  if (script == scripts.end()) throw ArgumentError("completion", shell, "unknown shell", "bash, zsh or fish");
  fmt::print("{}", script->second());
  return 0;
}

}  // namespace attnlab
