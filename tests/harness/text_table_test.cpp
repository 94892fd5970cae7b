// Tables as text: what all rows share is in the caption, and no line is wider than the terminal.
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "records/text_table.h"

namespace attnlab {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

/// Two rows named by variant, n and dtype, with two figures and a sentence.
Table made(const std::string& variant) {
  Table table{"made",
              "Caption",
              {{"variant", "variant", false},
               {"n", "n"},
               {"dtype", "dtype", false},
               {"time", "time"},
               {"workspace", "workspace"},
               {"why", "why", false}},
              {},
              "A note of eight words, which is wide."};
  table.naming_columns = 3;
  for (const char* n : {"512", "1024"})
    table.rows.push_back({variant + n, std::string(n), std::string("f32"), std::string("8.25 ms"),
                          std::string(n) + " KiB", std::string("fewer than eight clean samples")});
  return table;
}

TEST(TextTable, SaysInTheCaptionWhatAllRowsShare) {
  EXPECT_EQ(to_text(made("softmax")),
            "Caption, dtype f32\n"
            "variant         n     time  workspace  why\n"
            "softmax512    512  8.25 ms    512 KiB  fewer than eight clean samples\n"
            "softmax1024  1024  8.25 ms   1024 KiB  fewer than eight clean samples\n"
            "A note of eight words, which is wide.\n");
  Table one = made("softmax");
  one.rows.pop_back();
  EXPECT_EQ(lines_of(to_text(one)).front(), "Caption, n 512, dtype f32") << "a row keeps one name";
  EXPECT_TRUE(lines_of(to_text(one)).at(2).starts_with("softmax512  8.25 ms")) << to_text(one);
}

TEST(TextTable, ContinuesBelowWhereItIsTooWide) {
  EXPECT_EQ(to_text(made("softmax"), {40, false}),
            "Caption, dtype f32\n"
            "variant         n     time  workspace\n"
            "softmax512    512  8.25 ms    512 KiB\n"
            "softmax1024  1024  8.25 ms   1024 KiB\n"
            "\n"
            "variant         n  why\n"
            "softmax512    512  fewer than eight\n"
            "                   clean samples\n"
            "softmax1024  1024  fewer than eight\n"
            "                   clean samples\n"
            "A note of eight words, which is wide.\n");
}

TEST(TextTable, LosesNothingAtAnyWidth) {
  const std::string variant = "additive(32)|softcap(30)+alibi|causal&window(512)|entmax(1.5)";
  const Table table = made(variant);
  for (std::size_t columns = 30; columns < 150; ++columns) {
    const std::string text = to_text(table, {columns, false});
    std::string joined;
    for (const std::string& line : lines_of(text)) {
      EXPECT_LE(text_width(line), columns) << text;
      joined += line;
    }
    std::erase(joined, ' ');
    for (const char* part : {"additive(32)", "alibi", "window(512)", "entmax(1.5)", "8.25ms", "1024KiB",
                             "fewer", "samples", "wide."})
      EXPECT_NE(joined.find(part), std::string::npos) << part << '\n' << text;
    if (columns >= 120) {
      EXPECT_NE(text.find(variant + "1024"), std::string::npos) << text;
    }
  }
}

TEST(TextTable, DimsRowsOfDoubtfulFiguresOnATerminal) {
  Table table = made("softmax");
  table.keys = {{0, "f32", 512, true}, {0, "f32", 1024, false}};
  EXPECT_EQ(to_text(table).find('\033'), std::string::npos);
  const std::vector<std::string> lines = lines_of(to_text(table, {200, true}));
  EXPECT_TRUE(lines.at(2).starts_with("\033[2msoftmax512") && lines.at(2).ends_with("\033[0m")) << lines[2];
  EXPECT_EQ(lines.at(3).find('\033'), std::string::npos);
}

}  // namespace
}  // namespace attnlab
