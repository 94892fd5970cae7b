// The attnlab command.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "attnlab/core/argument_error.h"
#include "attnlab/core/isa.h"
#include "attnlab/version.h"
#include "attnlab_build.h"
#include "cli/commands.h"
#include "options/options.h"
#include "process/launcher.h"

namespace attnlab {
namespace {

std::string overview() {
  std::string text =
      "usage: attnlab COMMAND [options]\nExact and sparse attention over long sequences on CPUs, "
      "measured.\n\n";
  std::size_t longest = 0;
  for (const Command& command : commands()) longest = std::max(longest, command.name.size());
  for (const Command& command : commands())
    text += fmt::format("  {:<{}} {}\n", command.name, longest, command.summary);
  return text +
         "\n'attnlab COMMAND --help' shows the options of a command. "
         "ATTNLAB_ISA=baseline|avx2|avx512|avx512_bf16\n"
         "sets the instruction-set level. Example: attnlab run --backend chunked --pattern causal --seqlen "
         "4096\n";
}

int run(const std::vector<std::string>& arguments) {
  if (const char* level = std::getenv("ATTNLAB_ISA")) force_isa_level(parse_isa_level(level));
  if (arguments.empty() || arguments[0] == "--help" || arguments[0] == "-h" || arguments[0] == "help") {
    fmt::print(arguments.empty() ? stderr : stdout, "{}", overview());
    return arguments.empty() ? 2 : 0;
  }
  if (arguments[0] == "--version") {
    fmt::print("attnlab {} ({}, {})\n", ATTNLAB_VERSION, ATTNLAB_GIT_REVISION, ATTNLAB_BUILD_TYPE);
    return 0;
  }
  if (arguments[0] == "launcher" && arguments.size() == 1) return launcher_main();
  const auto command = std::find_if(commands().begin(), commands().end(),
                                    [&](const Command& candidate) { return candidate.name == arguments[0]; });
  if (command == commands().end()) {
    std::vector<std::string> names;
    for (const Command& known : commands()) names.emplace_back(known.name);
    throw unknown_name("command", arguments[0], arguments[0], names);
  }
  const std::vector<std::string> rest(arguments.begin() + 1, arguments.end());
  if (std::find(rest.begin(), rest.end(), "--help") != rest.end()) {
    fmt::print("{}", help_text(*command));
    return 0;
  }
  const Settings settings = parse_options(*command, rest);
  try {
    return command->run(settings);
  } catch (const ArgumentError& error) {
    throw UsageError(settings.with_origin(error));
  }
}

}  // namespace
}  // namespace attnlab

int main(int argc, char** argv) {
  try {
    const int status = attnlab::run({argv + 1, argv + argc});
    if (std::fflush(stdout) != 0) throw std::runtime_error("cannot write standard output");
    return status;
  } catch (const attnlab::ArgumentError& error) {
    fmt::print(stderr, "attnlab: {}\n", error.what());
    return 2;
  } catch (const attnlab::UsageError& error) {
    fmt::print(stderr, "attnlab: {}\n", error.what());
    return 2;
  } catch (const attnlab::Interrupted&) {
    fmt::print(stderr, "attnlab: interrupted\n");
    return 130;
  } catch (const std::exception& error) {
    fmt::print(stderr, "attnlab: {}\n", error.what());
    return 3;
  }
}
