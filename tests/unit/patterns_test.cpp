// Patterns as sets of keys.
#include "attnlab/variants/pattern.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "attnlab/core/argument_error.h"
#include "attnlab/variants/patterns/compositions.h"

namespace attnlab {
namespace {

TEST(Patterns, ExactlyTheVisibleKeys) {
  // Ten keys and four queries: query i is at position i + 6.
  const Shape shape{1, 1, 1, 4, 10, 8, 8};
  const auto keys = [&](const char* pattern, std::int64_t i) {
    std::string seen;
    for (std::int64_t j = 0; j < 10; ++j)
      seen += Pattern::parse(pattern).keys(shape, 0, i).contains(j) ? 'x' : '.';
    return seen;
  };
  EXPECT_EQ(keys("full", 0), "xxxxxxxxxx");
  EXPECT_EQ(keys("causal", 0), "xxxxxxx...");
  EXPECT_EQ(keys("causal", 3), "xxxxxxxxxx");
  EXPECT_EQ(keys("window(3)", 0), "....xxx...");
  EXPECT_EQ(keys("window(1,2)", 3), "........xx");
  EXPECT_EQ(keys("local_m(1)", 0), ".....xxx..");
  EXPECT_EQ(keys("local_m(2)", 3), ".......xxx");
  EXPECT_EQ(keys("local_m(0)", 1), ".......x..");
  EXPECT_EQ(keys("chunk_local(4)", 1), "....xxxx..");
  EXPECT_EQ(keys("chunk_local(4)", 2), "........xx");
  EXPECT_EQ(keys("!window(3)", 0), "xxxx...xxx");
  EXPECT_EQ(keys("causal&!window(3)", 0), "xxxx......");
  EXPECT_EQ(keys("window(2)|chunk_local(2)", 2), ".......xxx");
  EXPECT_EQ(keys("causal&!causal", 1), "..........");
}

std::shared_ptr<const std::vector<std::int64_t>> starts(std::vector<std::int64_t> of) {
  return std::make_shared<const std::vector<std::int64_t>>(std::move(of));
}

/// Every member, and compositions.
std::vector<std::string> patterns() {
  std::vector<std::string> names{"window(3,9)",
                                 "chunk_local(7)",
                                 "!causal",
                                 "!window(4)",
                                 "causal&!window(6)",
                                 "(window(3)|chunk_local(10))&causal",
                                 "!(window(2,2)|chunk_local(5))",
                                 "dilated(3,2)",
                                 "dilated(4,1)",
                                 "dilated(1,9)",
                                 "strided(4)",
                                 "strided(11)",
                                 "fixed(5,2)",
                                 "fixed(9,9)",
                                 "bigbird(3,1,0,2)",
                                 "bigbird(1,3,2,4)",
                                 "neighbourhood(5,8,3)",
                                 "neighbourhood(8,5,5)",
                                 "causal&(sink(4)|window(6))",
                                 "window(3,3)|global(2)",
                                 "!(bigbird(4,1,1,1)|dilated(2,3))&prefix(9)",
                                 "!strided(5)|!fixed(6,1)&global(1)",
                                 "per_head(0:dilated(2,2)|sink(1),1-:!bigbird(2,3,0,2))"};
  for (const MemberInfo& member : pattern_infos()) names.emplace_back(member.example);
  return names;
}

/// As many queries as keys, fewer, more, and packed sequences, two of them empty.
std::vector<Shape> shapes() {
  return {{1, 2, 1, 40, 40, 1, 1},
          {1, 2, 1, 13, 40, 1, 1},
          {1, 2, 1, 40, 13, 1, 1},
          {1, 2, 1, 40, 40, 1, 1, starts({0, 10, 10, 33, 40, 40})}};
}

TEST(Patterns, TilesCoverAndNeverPromiseTooMuch) {
  for (const std::string& name : patterns()) {
    const Pattern pattern = Pattern::parse(name);
    for (const Shape& shape : shapes()) {
      std::int64_t pairs = 0;
      for (std::int64_t head = 0; head < shape.heads; ++head)
        for (std::int64_t first = 0; first < shape.seqlen_q; first += 6) {
          const std::int64_t last = std::min<std::int64_t>(first + 6, shape.seqlen_q);
          const KeySet any = pattern.keys_of_any(shape, head, first, last);
          const KeySet all = pattern.keys_of_all(shape, head, first, last);
          for (std::int64_t i = first; i < last; ++i) {
            const KeySet own = pattern.keys(shape, head, i);
            pairs += own.count();
            EXPECT_EQ(own & any, own) << name << " head " << head << " query " << i;
            EXPECT_EQ(own & all, all) << name << " head " << head << " query " << i;
          }
        }
      EXPECT_EQ(visible_pairs(pattern, shape), pairs) << name;
    }
  }
}

TEST(Patterns, KeysOfATileAreThoseOfTheSequence) {
  // Bits of any range of keys are those of the set, at the borders of sequences and beyond the last key too.
  for (const std::string& name : patterns()) {
    const Pattern pattern = Pattern::parse(name);
    for (const Shape& shape : shapes())
      for (std::int64_t head = 0; head < shape.heads; ++head)
        for (std::int64_t i = 0; i < shape.seqlen_q; ++i) {
          const KeySet own = pattern.keys(shape, head, i);
          for (const KeyRange range :
               {KeyRange{0, 64}, KeyRange{7, 12}, KeyRange{9, 34}, KeyRange{38, 70}, KeyRange{0, 512}}) {
            const KeyBits bits = pattern.keys_within(shape, head, i, range);
            std::vector<KeyRange> runs;
            for (KeyRange run = bits.next(range.begin); run.begin < run.end; run = bits.next(run.end))
              runs.push_back(run);
            EXPECT_EQ(KeySet::of(runs), own & KeySet(range)) << name << " head " << head << " query " << i;
          }
        }
  }
}

TEST(Patterns, TilesOfAMemberHaveNoOtherKeys) {
  // What a tile sees is the union of its rows: no key between the ranges of a member.
  for (const char* name : {"dilated(2,3)", "dilated(2,9)", "dilated(4,1)", "strided(4)", "strided(11)",
                           "fixed(5,2)", "fixed(9,3)", "global(7)", "sink(3)", "prefix(9)",
                           "bigbird(3,1,0,2)", "bigbird(8,3,1,1)", "bigbird(1,1,0,3)"}) {
    const Pattern pattern = Pattern::parse(name);
    for (const Shape& shape : shapes())
      for (std::int64_t first = 0; first < shape.seqlen_q; ++first) {
        const Sequence sequence = shape.sequence(first);
        KeySet union_of_rows;
        for (std::int64_t last = first + 1;
             last <= shape.seqlen_q && last <= first + 10 && shape.sequence(last - 1) == sequence; ++last) {
          union_of_rows = union_of_rows | pattern.keys(shape, 1, last - 1);
          EXPECT_EQ(pattern.keys_of_any(shape, 1, first, last), union_of_rows)
              << name << " queries " << first << " to " << last - 1;
        }
      }
  }
}

TEST(Patterns, WholeTilesNeedNoMask) {
  // 100 queries and keys; keys that queries 90 … 99, or 40 … 49, all see.
  const Shape shape{1, 1, 1, 100, 100, 1, 1};
  const auto whole = [&](const char* name, std::int64_t first) {
    return Pattern::parse(name).keys_of_all(shape, 0, first, first + 10);
  };
  EXPECT_EQ(whole("dilated(12,1)", 40), KeySet({37, 53}));
  EXPECT_EQ(whole("dilated(12,2)", 40), KeySet());
  EXPECT_EQ(whole("strided(30)", 90), KeySet({70, 91}));
  EXPECT_EQ(whole("fixed(40,10)", 90), KeySet::of({{30, 40}, {70, 91}}));
  EXPECT_EQ(whole("global(3)", 40), KeySet({0, 3}));
  EXPECT_EQ(whole("global(50)", 40), KeySet({0, 100}));
  EXPECT_EQ(whole("sink(3)", 40), KeySet({0, 3}));
  EXPECT_EQ(whole("prefix(60)", 40), KeySet({0, 60}));
  EXPECT_EQ(whole("bigbird(10,3,1,0)", 40), KeySet::of({{0, 10}, {30, 60}}));
  EXPECT_EQ(whole("bigbird(5,3,1,0)", 40), KeySet::of({{0, 5}, {40, 50}}));
  EXPECT_EQ(whole("bigbird(10,1,0,3)", 40).count(), 40);
  EXPECT_EQ(whole("neighbourhood(10,10,7)", 40),
            KeySet::of({{13, 17}, {23, 27}, {33, 37}, {43, 47}, {53, 57}, {63, 67}, {73, 77}}));
  EXPECT_EQ(whole("neighbourhood(10,10,7)", 45),
            KeySet::of({{23, 27}, {33, 37}, {43, 47}, {53, 57}, {63, 67}, {73, 77}}));
  EXPECT_EQ(whole("neighbourhood(2,50,1)", 40), KeySet());
  EXPECT_EQ(whole("neighbourhood(20,5,5)", 90), KeySet({75, 100}));
}

void expect_refused(const std::string& text, const Shape& shape, const std::string& reason) {
  try {
    Pattern::parse(text).validate(shape);
    FAIL() << text << " was accepted";
  } catch (const ArgumentError& error) {
    EXPECT_EQ(error.argument(), "pattern") << text;
    EXPECT_NE(std::string(error.what()).find(reason), std::string::npos) << text << ": " << error.what();
  }
}

TEST(Patterns, AnImageHasAsManyPixelsAsKeys) {
  const Shape shape{1, 1, 1, 3, 20, 1, 1};
  Pattern::parse("neighbourhood(4,5,3)").validate(shape);
  Pattern::parse("!neighbourhood(4,5,3)&causal").validate(shape);
  expect_refused("neighbourhood(4,4,3)", shape, "the image has 16 pixels; allowed: h x w = 20");
  expect_refused("causal&!neighbourhood(4,6,3)", shape, "'neighbourhood(4,6,3)'");
  expect_refused("per_head(0-:neighbourhood(7,3,3))", shape, "the image has 21 pixels");
  expect_refused("neighbourhood(4,5,3)", {1, 1, 1, 20, 20, 1, 1, starts({0, 20})}, "packed");
}

TEST(Patterns, NamedCompositionsParse) {
  for (const MemberInfo& info : pattern_compositions) {
    EXPECT_EQ(info.name, info.example);
    const std::string name = Pattern::parse(info.name).name();
    EXPECT_TRUE(name == info.name || name == "(" + std::string(info.name) + ")") << name;
  }
}

TEST(PerHead, CanonicalNameParsesBack) {
  for (const auto& [given, canonical] : std::vector<std::pair<std::string, std::string>>{
           {"per_head(0:causal)", "per_head(0:causal)"},
           {"per_head( 0-3 : causal , 4- : window( 5 ) )", "per_head(0-3:causal,4-:window(5))"},
           {"per_head(4-:full,2-3:causal,1:sink(2),0:full)", "per_head(0:full,1:sink(2),2-3:causal,4-:full)"},
           {"per_head(2-2:causal,0-1:full)", "per_head(0-1:full,2:causal)"},
           {"per_head(0-:(causal|sink(2)))", "per_head(0-:causal|sink(2))"},
           {"!per_head(0:causal&sink(1),1-:!full)&window(3)",
            "!per_head(0:causal&sink(1),1-:!full)&window(3)"},
           {"per_head(0:per_head(0:causal,1-:full),1-:full)",
            "per_head(0:per_head(0:causal,1-:full),1-:full)"},
       }) {
    EXPECT_EQ(Pattern::parse(given).name(), canonical) << given;
    EXPECT_EQ(Pattern::parse(canonical).name(), canonical) << canonical;
  }
}

TEST(PerHead, EachHeadSeesItsPattern) {
  const Shape shape{1, 8, 1, 6, 6, 1, 1};
  const Pattern pattern = Pattern::parse("per_head(0:causal,1-3:window(2),4-:sink(1))");
  pattern.validate(shape);
  EXPECT_TRUE(pattern.by_head());
  EXPECT_TRUE(pattern.is_of_few_ranges());
  EXPECT_TRUE(pattern.uses("window"));
  EXPECT_FALSE(pattern.uses("global"));
  const auto keys = [&](const char* name, std::int64_t head) {
    return Pattern::parse(name).keys(shape, head, 4);
  };
  const char* name = "per_head(0:causal,1-3:window(2),4-:sink(1))";
  EXPECT_EQ(keys(name, 0), KeySet({0, 5}));
  EXPECT_EQ(keys(name, 1), KeySet({3, 5}));
  EXPECT_EQ(keys(name, 3), KeySet({3, 5}));
  EXPECT_EQ(keys(name, 4), KeySet({0, 1}));
  EXPECT_EQ(keys(name, 7), KeySet({0, 1}));
  EXPECT_EQ(keys("!per_head(0:causal,1-3:window(2),4-:sink(1))", 1), KeySet::of({{0, 3}, {5, 6}}));
  EXPECT_EQ(keys("causal&!per_head(0:causal,1-3:window(2),4-:sink(1))", 7), KeySet({1, 5}));
  // Rows of 21 pairs, 11 and 6.
  EXPECT_EQ(visible_pairs(pattern, shape), 21 + 3 * 11 + 4 * 6);
  EXPECT_TRUE(is_causal(Pattern::parse("per_head(0:causal,1-:window(2))"), shape));
  EXPECT_FALSE(is_causal(Pattern::parse("per_head(0:causal,1-:window(2,1))"), shape));
  EXPECT_FALSE(Pattern::parse("causal").by_head());
  EXPECT_TRUE(Pattern::parse("window(3)|!bigbird(2,1,0,1)").by_head());
  EXPECT_FALSE(Pattern::parse("window(3)|!strided(2)").is_of_few_ranges());
  EXPECT_TRUE(Pattern::parse("causal&(sink(4)|window(9))").is_of_few_ranges());
  EXPECT_FALSE(Pattern::parse("causal&(sink(4)|window(9)|!window(30))").is_of_few_ranges());
}

TEST(PerHead, BadListsAreRefused) {
  const Shape shape{1, 8, 1, 6, 6, 1, 1};
  for (const auto& [text, reason] : std::vector<std::pair<std::string, std::string>>{
           {"per_head", "lists no patterns"},
           {"per_head()", "lists no patterns"},
           {"per_head(causal)", "'causal' names no heads"},
           {"per_head(0-3,4-:causal)", "'0-3' names no heads"},
           {"per_head(x:causal)", "'x' is no head"},
           {"per_head(-2:causal)", "'' is no head"},
           {"per_head(0-3-5:causal)", "'3-5' is no head"},
           {"per_head(0-99999999999999999999:causal)", "is no head"},
           {"per_head(0-:)", "missing"},
           {"per_head(0-:windw(3))", "window"},
           {"per_head(0-3:causal,3-:full)", "head 3 is listed twice"},
           {"per_head(0-:causal,7:full)", "head 7 is listed twice"},
           {"per_head(0:causal,2-:full)", "head 1 is missing"},
           {"per_head(1-:full)", "head 0 is missing"},
           {"per_head(3-0:full,4-:full)", "'3-0' are in the wrong order"},
           {"per_head(0-6:causal)", "up to 6, and there are 8"},
           {"per_head(0-8:causal)", "up to 8, and there are 8"},
           {"!(per_head(0-6:causal)&full)", "heads 0 to 7"},
           {"per_head(0-:per_head(0-6:causal))", "heads 0 to 7"},
           {"per_head(0-8:causal,9-:full)", "up to 9, and there are 8"},
       })
    expect_refused(text, shape, reason);
  Pattern::parse("per_head(0-7:causal)").validate(shape);
  Pattern::parse("per_head(0-7:causal,8-:full)").validate(shape);  // the open range may be of no head
}

}  // namespace
}  // namespace attnlab
