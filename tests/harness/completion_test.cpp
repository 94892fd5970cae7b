// The man page and completion, which are generated from the tables of commands, options and members.
// Completion is tested in real shells.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <thread>

#include "cli/commands.h"
#include "cli/option_values.h"
#include "harness/command.h"

namespace attnlab {
namespace {

TEST(Completion, NamesEveryCommandOptionAndValue) {
  const std::string man = command("man").out;
  const std::string bash = command("completion bash").out;
  const std::string zsh = command("completion zsh").out;
  const std::string fish = command("completion fish").out;
  for (const Command& one : commands()) {
    for (const std::string& text : {man, bash, zsh, fish})
      EXPECT_NE(text.find(one.name), std::string::npos) << one.name;
    for (const std::string_view option : one.options) {
      EXPECT_NE(bash.find("--" + std::string(option)), std::string::npos) << option;
      EXPECT_NE(zsh.find("'--" + std::string(option)), std::string::npos) << option;
      EXPECT_NE(fish.find(" -l " + std::string(option) + " "), std::string::npos) << option;
      for (const std::string& word : values_of(one, option_named(option)).words)
        for (const std::string& text : {bash, zsh, fish})
          EXPECT_NE(text.find(word.substr(0, word.find(':'))), std::string::npos) << option << ' ' << word;
    }
  }
  EXPECT_TRUE(man.starts_with(".TH ATTNLAB"));
  EXPECT_EQ(command("completion csh").status, 2);
}

TEST(Help, SaysWhatEachCommandTakes) {
  for (const Command& one : commands()) {
    const Result help = command(std::string(one.name) + " --help");
    EXPECT_EQ(help.status, 0) << one.name;
    EXPECT_EQ(command("help " + std::string(one.name)).out, help.out);
    EXPECT_EQ(help.out.find(" \n"), std::string::npos) << help.out;
    for (const std::string_view option : one.options)
      EXPECT_NE(help.out.find("--" + std::string(option)), std::string::npos) << option;
    EXPECT_EQ(help.out.find("LIST") != std::string::npos, one.name == "sweep") << help.out;
    EXPECT_EQ(help.out.find("In parentheses: the default.") != std::string::npos,
              help.out.find(")\n") != std::string::npos)
        << help.out;
  }
  for (const char* name : {"heatmap", "merge"})
    EXPECT_NE(command(std::string(name) + " --help").out.find("; required"), std::string::npos) << name;
}

TEST(Help, ListShowsTheCalls) {
  const std::string list = command("list").out;
  for (const char* call :
       {"  entmax(1.5) ", "  window(37) ", "  sigmoid(b) ", "  gaussian(sigma) ", "  softmax "})
    EXPECT_NE(list.find(call), std::string::npos) << call << '\n' << list;
}

/// An interactive shell on its own terminal, in which `attnlab` writes its arguments to a file, one on each
/// line.
class Shell {
 public:
  explicit Shell(const std::string& name) {
    write_file(directory_ / "rc", name == "fish" ? fish_rc() : rc(name));
    pid_ = forkpty(&terminal_, nullptr, nullptr, nullptr);
    if (pid_ == 0) {
      if (chdir((directory_ / ".").c_str()) != 0) _exit(126);
      setenv("TERM", "dumb", 1);
      if (name == "fish") execlp("fish", "fish", "-N", "-P", "-i", static_cast<char*>(nullptr));
      if (name == "bash") execlp("bash", "bash", "--norc", "--noprofile", "-i", static_cast<char*>(nullptr));
      execlp("zsh", "zsh", "-f", "-i", static_cast<char*>(nullptr));
      _exit(127);
    }
    fcntl(terminal_, F_SETFL, O_NONBLOCK);
    type("source ./rc\n");
    wait_for("ready");
  }
  ~Shell() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    close(terminal_);
  }

  /// The arguments of `attnlab` after `keys` and Enter are typed; "nothing" after ten seconds.
  std::string arguments(const std::string& keys) {
    std::filesystem::remove(directory_ / "typed");
    type(keys + "\n");
    return wait_for("typed") ? read_file(directory_ / "typed") : "nothing: " + screen_;
  }

 private:
  static std::string program() { return std::string("'") + std::getenv("ATTNLAB_COMMAND") + "'"; }
  static std::string rc(const std::string& name) {
    return (name == "zsh" ? "autoload -Uz compinit; compinit -D -u\n" : "") +
           ("source <(" + program() + " completion " + name + ")\n") +
           "attnlab() { printf '%s\\n' \"$@\" > partial; mv partial typed; }\n: > ready\n";
  }
  static std::string fish_rc() {
    return program() + " completion fish | source\n" +
           "function attnlab; printf '%s\\n' $argv > partial; mv partial typed; end\ntrue > ready\n";
  }
  void type(const std::string& keys) {
    screen_.clear();
    ASSERT_EQ(write(terminal_, keys.data(), keys.size()), static_cast<ssize_t>(keys.size()));
  }
  bool wait_for(const std::string& file) {
    for (int trial = 0; trial < 2000; ++trial) {
      char part[4096];
      for (ssize_t got; (got = read(terminal_, part, sizeof part)) > 0;)
        screen_.append(part, static_cast<std::size_t>(got));
      if (std::filesystem::exists(directory_ / file)) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
  }

  const TemporaryDirectory directory_;
  std::string screen_;
  int terminal_ = -1;
  pid_t pid_ = -1;
};

void expect_completion(const std::string& name) {
  if (std::system(("command -v " + name + " > /dev/null").c_str()) != 0)
    GTEST_SKIP() << name << " is not installed";
  Shell shell(name);
  for (const auto& [keys, words] : std::vector<std::pair<std::string, std::string>>{
           {"attnlab compl\tb\t", "completion\nbash\n"},
           {"attnlab sweep --retry\t", "sweep\n--retry-failed\n"},
           {"attnlab sweep --backend chu\t", "sweep\n--backend\nchunked\n"},
           {"attnlab sweep --backend full,chu\t", "sweep\n--backend\nfull,chunked\n"},
           {"attnlab sweep --backend=chu\t", "sweep\n--backend=chunked\n"},
           {"attnlab sweep --engine onednn,ti\t", "sweep\n--engine\nonednn,tiled\n"},
           {"attnlab run --score addi\t", "run\n--score\nadditive(20)\n"},
           {"attnlab run --modifier soft\t", "run\n--modifier\nsoftcap(2)\n"},
           {"attnlab run --pattern causal,wind\t", "run\n--pattern\ncausal,window(37)\n"},
           {"attnlab run --normaliser ent\t", "run\n--normaliser\nentmax(1.5)\n"},
           {"attnlab run --variant sparsem\t", "run\n--variant\nsparsemax\n"},
           {"attnlab run --against sparsem\t", "run\n--against\nsparsemax\n"},
           {"attnlab run --dtype f32,bf\t", "run\n--dtype\nf32,bf16\n"},
           {"attnlab run --input need\t", "run\n--input\nneedle\n"},
           {"attnlab report --format la\t", "report\n--format\nlatex\n"},
           {"attnlab export --format gb\t", "export\n--format\ngbench\n"},
           {"attnlab compare --format js\t", "compare\n--format\njson\n"},
           {"attnlab compare --fail-on sl\t", "compare\n--fail-on\nslower\n"},
           {"attnlab list norm\t", "list\nnormalisers\n"},
           {"attnlab run --config rea\t", "run\n--config\nready\n"},
           {"attnlab validate rea\t", "validate\nready\n"}})
    EXPECT_EQ(shell.arguments(keys), words) << keys;
}

TEST(Completion, BashCompletes) { expect_completion("bash"); }
TEST(Completion, ZshCompletes) { expect_completion("zsh"); }
TEST(Completion, FishCompletes) { expect_completion("fish"); }

}  // namespace
}  // namespace attnlab
