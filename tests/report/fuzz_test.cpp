// Records with faults at random places are drawn, or refused with file, line and key; nothing else.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "attnlab/core/argument_error.h"
#include "compare/subject.h"
#include "records/formats.h"
#include "records/load.h"
#include "report/page.h"
#include "report/tables.h"
#include "support/temporary_directory.h"

namespace attnlab {
namespace {

namespace fs = std::filesystem;

class Fuzz : public ::testing::Test {
 protected:
  /// Draws everything from the records `lines`. Returns the error that refused them, or nothing.
  std::string draw(const std::vector<std::string>& lines) const {
    std::ofstream stream(directory_ / "records.jsonl");
    for (const std::string& line : lines) stream << line << '\n';
    stream.close();
    try {
      const Subject subject = make_subject({{"run", load_run(directory_.path(), "report")}});
      const std::vector<Table> tables = make_tables(subject);
      EXPECT_FALSE(to_markdown(tables).empty());
      for (const Table& table : tables) EXPECT_FALSE(to_csv(table).empty());
      EXPECT_FALSE(to_latex(tables).empty());
      EXPECT_FALSE(make_page("run", subject).empty());
      return {};
    } catch (const ArgumentError& error) {
      return error.what();
    }
  }

  TemporaryDirectory directory_;
};

std::vector<std::string> example_lines() {
  std::ifstream stream(fs::path(std::getenv("ATTNLAB_SOURCE")) / "results/example/records.jsonl");
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

/// Every value below `value`, by its path.
void list_paths(const Json& value, const Json::json_pointer& path, std::vector<Json::json_pointer>& paths) {
  paths.push_back(path);
  if (value.is_object())
    for (const auto& [key, item] : value.items()) list_paths(item, path / key, paths);
  if (value.is_array())
    for (std::size_t at = 0; at < std::min<std::size_t>(value.size(), 4); ++at)
      list_paths(value[at], path / at, paths);
}

TEST_F(Fuzz, RefusalsNameFileLineAndKey) {
  const std::vector<std::string> lines = example_lines();
  // A record that has every part.
  const auto whole = std::find_if(lines.begin(), lines.end(), [](const std::string& line) {
    return !Json::parse(line).at("filter").is_null();
  });
  ASSERT_NE(whole, lines.end());
  const Json good = Json::parse(*whole);
  const std::string& other = whole == lines.begin() ? lines[1] : lines[0];
  ASSERT_EQ(draw({other, *whole}), "");
  const auto refused = [&](const char* pointer, const Json& value, const std::string& mention) {
    const Json::json_pointer path(pointer);
    Json bad = good;
    if (value == "missing")
      bad.at(path.parent_pointer()).erase(path.back());
    else
      bad[path] = value;
    const std::string error = draw({other, bad.dump()});
    EXPECT_NE(error.find("records.jsonl:2"), std::string::npos) << pointer << ": " << error;
    EXPECT_NE(error.find(mention), std::string::npos) << pointer << ": " << error;
  };
  refused("/time/samples/3/block", "missing", "'time/samples/3/block' is missing; a whole number");
  refused("/time/samples/3/contaminated", 7, "'time/samples/3/contaminated' is 7; a list of strings");
  refused("/time/contaminated", "x", "'time/contaminated' is \"x\"");
  refused("/dispersion/per_head", "missing", "'dispersion/per_head' is missing");
  refused("/dispersion/per_head/entropy", Json::array({1, 2}), "'dispersion/per_head/entropy'");
  refused("/dispersion/per_head/sharpness", "s", "'dispersion/per_head/sharpness' is \"s\"");
  refused("/dispersion/mean/sharpness", Json::array(), "'dispersion/mean/sharpness' is []");
  refused("/dispersion/mean/entropy", "missing", "'entropy'");
  refused("/dispersion/mean/reachable_sharpness", "missing", "'reachable_sharpness'");
  refused("/dispersion/quantiles/entropy", Json::array({1}), "'dispersion/quantiles/entropy'");
  refused("/dispersion/distance_mass/per_head", Json::array(), "'dispersion/distance_mass'");
  refused("/against/mean", "missing", "'against/mean' is missing");
  refused("/against/per_head/kl", "x", "'against/per_head/kl'");
  refused("/error/worst", Json::object(), "'error/worst/ratio' is missing");
  refused("/filter/appended", "x", "'filter/appended'");
  refused("/memory/inputs_bytes", "missing", "'memory/inputs_bytes' is missing");
  refused("/cell/heads", 0, "'cell/heads' is 0; from 1");
  refused("/cell/seqlen_q", -5, "'cell/seqlen_q' is -5; from 1");
  refused("/cell/twin", nullptr, "'cell/twin' is null");
  refused("/heatmap", Json::object(), "'heatmap/n' is missing");
}

class Faults {
 public:
  std::size_t below(std::size_t count) { return static_cast<std::size_t>(bits_() % count); }

  /// The line of a record with a random byte, or with one to three values changed or removed.
  std::string in(std::string line) {
    if (below(8) == 0) {
      line[below(line.size())] = static_cast<char>(bits_());
      return line;
    }
    Json record = Json::parse(line);
    for (std::size_t change = 1 + below(3); change > 0; --change) {
      std::vector<Json::json_pointer> paths;
      list_paths(record, Json::json_pointer(), paths);
      const Json::json_pointer path = paths[below(paths.size())];
      if (path.empty()) continue;
      Json& parent = record.at(path.parent_pointer());
      if (below(3) > 0)
        record.at(path) = values_[below(values_.size())];
      else if (parent.is_object())
        parent.erase(path.back());
      else
        parent.erase(parent.size() - 1);
    }
    return record.dump();
  }

 private:
  std::mt19937_64 bits_{1};
  const std::vector<Json> values_{nullptr,
                                  true,
                                  0,
                                  -1,
                                  1,
                                  2,
                                  1.5,
                                  -0.0,
                                  1e308,
                                  9223372036854775807,
                                  "",
                                  "x",
                                  "=1",
                                  "\n",
                                  "<b>",
                                  Json::array(),
                                  Json::object(),
                                  Json::array({nullptr}),
                                  Json::array({1, "x"}),
                                  {{"x", 1}}};
};

TEST_F(Fuzz, RecordsAreDrawnOrRefused) {
  const char* const asked = std::getenv("ATTNLAB_FUZZ");
  const int trials = asked ? std::atoi(asked) : 300;
  std::vector<std::string> with_map, others;
  for (const std::string& line : example_lines())
    (Json::parse(line).at("heatmap").is_null() ? others : with_map).push_back(line);
  Faults faults;
  int refused = 0;
  for (int trial = 0; trial < trials; ++trial) {
    std::vector<std::string> lines;
    for (int line = 0; line < 4; ++line) lines.push_back(others[faults.below(others.size())]);
    if (faults.below(16) == 0) lines.back() = with_map[faults.below(with_map.size())];
    std::string& line = lines[faults.below(lines.size())];
    line = faults.in(line);
    std::string error;
    ASSERT_NO_THROW(error = draw(lines)) << "trial " << trial << ": " << line.substr(0, 3000);
    refused += !error.empty();
  }
  EXPECT_GT(refused, trials / 10);
  EXPECT_LT(refused, trials - trials / 20);
}

}  // namespace
}  // namespace attnlab
