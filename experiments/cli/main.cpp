// The attnlab command.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "attnlab/core/argument_error.h"
#include "attnlab/core/isa.h"
#include "attnlab/version.h"
#include "attnlab_build.h"
#include "cli/commands.h"
#include "options/notice.h"
#include "options/options.h"
#include "process/launcher.h"

namespace attnlab {
namespace {

/// Opens standard input, output and error where they are closed, so that no other file gets their numbers.
void open_standard_descriptors() {
  int opened = 0;
  do opened = open("/dev/null", O_RDWR);
  while (opened >= 0 && opened <= STDERR_FILENO);
  if (opened >= 0) close(opened);
}

std::string overview() {
  std::string text =
      "usage: attnlab COMMAND [options]\nExact and sparse attention over long sequences on CPUs, "
      "measured.\n\n";
  std::size_t longest = 0;
  for (const Command& command : commands()) longest = std::max(longest, command.name.size());
  for (const Command& command : commands())
    text += fmt::format("  {:<{}} {}\n", command.name, longest, command.summary);
  return text +
         "\n'attnlab COMMAND --help' shows the options of a command.\n"
         "ATTNLAB_ISA=baseline|avx2|avx512|avx512_bf16 sets the instruction-set level.\n"
         "Example: attnlab run --backend chunked --pattern causal --seqlen 4096\n";
}

/// Throws ArgumentError.
const Command& command_named(const std::string& name) {
  const auto command = std::find_if(commands().begin(), commands().end(),
                                    [&](const Command& candidate) { return candidate.name == name; });
  if (command != commands().end()) return *command;
  std::vector<std::string> names;
  for (const Command& known : commands()) names.emplace_back(known.name);
  throw unknown_name("command", name, name, names);
}

int run(const std::vector<std::string>& arguments) {
  const bool is_launcher = arguments == std::vector<std::string>{"launcher"};
  if (!is_launcher) catch_interrupts();
  if (const char* level = std::getenv("ATTNLAB_ISA"); level != nullptr && *level != '\0')
    force_isa_level(parse_isa_level(level));
  if (is_launcher) return launcher_main();
  if (arguments.empty()) {
    notice("{}", overview());
    return 2;
  }
  if (arguments[0] == "--help" || arguments[0] == "-h" || arguments[0] == "help") {
    fmt::print("{}", arguments.size() == 1 ? overview() : help_text(command_named(arguments[1])));
    return 0;
  }
  if (arguments[0] == "--version") {
    fmt::print("attnlab {} ({}, {})\n", ATTNLAB_VERSION, ATTNLAB_GIT_REVISION, ATTNLAB_BUILD_TYPE);
    return 0;
  }
  const Command& command = command_named(arguments[0]);
  const std::vector<std::string> rest(arguments.begin() + 1, arguments.end());
  if (std::find(rest.begin(), rest.end(), "--help") != rest.end()) {
    fmt::print("{}", help_text(command));
    return 0;
  }
  const Settings settings = parse_options(command, rest);
  try {
    return command.run(settings);
  } catch (const ArgumentError& error) {
    throw UsageError(settings.with_origin(error));
  }
}

/// Runs and returns the exit status of every outcome.
int run_and_report(const std::vector<std::string>& arguments) {
  try {
    const int status = run(arguments);
    if (std::fflush(stdout) != 0) throw std::runtime_error("cannot write standard output");
    return status;
  } catch (const ArgumentError& error) {
    notice("attnlab: {}\n", error.what());
    return 2;
  } catch (const UsageError& error) {
    notice("attnlab: {}\n", error.what());
    return 2;
  } catch (const Interrupted&) {
    notice("attnlab: interrupted\n");
    return exit_status_of_interrupt;
  } catch (const std::exception& error) {
    notice("attnlab: {}\n", error.what());
    return 3;
  }
}

}  // namespace
}  // namespace attnlab

int main(int argc, char** argv) {
  attnlab::open_standard_descriptors();
  return attnlab::run_and_report({argv + 1, argv + argc});
}
