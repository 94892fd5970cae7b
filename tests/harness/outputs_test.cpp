// Files that commands write: devices, FIFOs, links, long names, and other files of the user.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "harness/command.h"

namespace attnlab {
namespace {

namespace fs = std::filesystem;

class Outputs : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    runs_ = std::make_unique<TemporaryDirectory>();
    ASSERT_EQ(command("sweep --seqlen 16,32 --out " + run() + short_rounds).status, 0);
  }
  static void TearDownTestSuite() { runs_.reset(); }
  static std::string run() { return (*runs_ / "run").string(); }
  /// Every command that writes a file, up to the name of the file.
  static std::vector<std::string> commands() {
    return {"export " + run() + " --out ",
            "report " + run() + " --out ",
            "report " + run() + " --format md --out ",
            "compare " + run() + " " + run() + " --out ",
            "heatmap --seqlen 16 --out ",
            "run --seqlen 16" + short_rounds + "--save-output "};
  }
  /// The name that a command needs: heatmap takes the format from it.
  static std::string name_for(const std::string& line) {
    return line.starts_with("heatmap") ? "file.svg" : "file";
  }
  static void expect_success(const std::string& line, const fs::path& file) {
    const Result result = command(line + file.string());
    EXPECT_EQ(result.status, 0) << line << result.err;
  }
  static std::unique_ptr<TemporaryDirectory> runs_;
};
std::unique_ptr<TemporaryDirectory> Outputs::runs_;

std::size_t files_in(const fs::path& directory) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(directory), fs::directory_iterator()));
}

TEST_F(Outputs, FollowLinks) {
  for (const std::string& line : commands()) {
    const TemporaryDirectory directory;
    fs::create_directory(directory / "folder");
    const fs::path target = directory / ("folder/" + name_for(line));
    const fs::path link = directory / name_for(line);
    fs::create_symlink("folder/" + name_for(line), link);
    expect_success(line, link);
    EXPECT_TRUE(fs::is_symlink(link)) << line;
    ASSERT_TRUE(fs::is_regular_file(target)) << line;
    write_file(target, "old");
    chmod(target.c_str(), 0600);
    expect_success(line, link);
    EXPECT_TRUE(fs::is_symlink(link)) << line;
    EXPECT_GT(fs::file_size(target), 3U) << line;
    EXPECT_EQ(fs::status(target).permissions(), fs::perms::owner_read | fs::perms::owner_write) << line;
    EXPECT_EQ(files_in(directory / "folder"), 1U) << line;
  }
}

/// All paths are in a temporary directory: code with a fault must not reach a device of the machine.
TEST_F(Outputs, GoIntoFifosAndThroughLinksToThem) {
  for (const std::string& line : commands()) {
    const TemporaryDirectory directory;
    const fs::path fifo = directory / "fifo";
    const fs::path link = directory / name_for(line);
    fs::create_symlink("fifo", link);
    const fs::path got = directory / "got";
    ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
    const std::string reader = "timeout 20 cat " + fifo.string() + " > " + got.string() + " & ";
    const std::string shell =
        reader + std::getenv("ATTNLAB_COMMAND") + " " + line + link.string() + " > /dev/null; wait";
    ASSERT_EQ(std::system(shell.c_str()), 0);
    EXPECT_TRUE(fs::is_symlink(link)) << line;
    EXPECT_TRUE(fs::is_fifo(fs::symlink_status(fifo))) << line;
    EXPECT_GT(fs::file_size(got), 0U) << line;
  }
}

TEST_F(Outputs, GoToStandardOutput) {
  for (const std::string& line : commands()) {
    if (line.starts_with("heatmap")) continue;
    const TemporaryDirectory directory;
    fs::create_symlink("/proc/self/fd/1", directory / "stdout");
    const std::string shell = std::string(std::getenv("ATTNLAB_COMMAND")) + " " + line +
                              (directory / "stdout").string() + " | cat > " + (directory / "got").string();
    ASSERT_EQ(std::system(shell.c_str()), 0);
    const std::string got = read_file(directory / "got");
    const char* const start = line.starts_with("run")         ? "\x93NUMPY"
                              : line.find("md") < line.size() ? "## "
                                                              : "";
    EXPECT_TRUE(got.starts_with(start)) << line << got.substr(0, 100);
    EXPECT_GT(got.size(), 100U) << line << got;
  }
}

TEST_F(Outputs, TouchNoOtherFile) {
  for (const std::string& line : commands()) {
    const TemporaryDirectory directory;
    const std::string name = name_for(line);
    write_file(directory / (name + ".partial"), "mine");
    expect_success(line, directory / name);
    EXPECT_EQ(read_file(directory / (name + ".partial")), "mine") << line;
    EXPECT_EQ(files_in(directory.path()), 2U) << line;
  }
}

TEST_F(Outputs, MayHaveTheLongestNameAndNoLonger) {
  std::vector<std::string> lines = commands();
  lines.push_back("sweep --seqlen 16" + short_rounds + "--out ");
  lines.push_back("merge " + run() + " --out ");
  for (const std::string& line : lines) {
    const TemporaryDirectory directory;
    const std::string end = line.starts_with("heatmap") ? ".svg" : "";
    expect_success(line, directory / (std::string(255 - end.size(), 'a') + end));
    fs::create_symlink("loop" + end, directory / ("loop" + end));
    for (const std::string& name : {std::string(300, 'a'), std::string("loop")}) {
      const Result refused = command(line + (directory / (name + end)).string());
      EXPECT_EQ(refused.status, 2) << line << refused.err;
      const std::string option = line.starts_with("run") ? "save-output" : "out";
      EXPECT_TRUE(refused.err.starts_with("attnlab: " + option + ": '")) << line << refused.err;
    }
  }
}

}  // namespace
}  // namespace attnlab
