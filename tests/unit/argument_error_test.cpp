// ArgumentError has four parts and composes its message from them.
#include <gtest/gtest.h>

#include <string>

#include "attnlab/core/argument_error.h"
#include "attnlab/core/problem.h"

namespace attnlab {
namespace {

TEST(ArgumentError, ComposesItsMessage) {
  const ArgumentError error("heads", "0", "out of range", "1 to 8");
  EXPECT_EQ(std::string(error.what()), "heads: '0': out of range; allowed: 1 to 8");
  EXPECT_EQ(std::string(ArgumentError("out", "x", "cannot create directory: Permission denied", {}).what()),
            "out: 'x': cannot create directory: Permission denied");
}

TEST(ArgumentError, KeepsItsParts) {
  Problem problem;
  problem.shape = {1, 6, 4, 8, 8, 16, 16};
  try {
    validate(problem);
    FAIL() << "4 heads of K for 6 of Q";
  } catch (const ArgumentError& error) {
    EXPECT_EQ(error.argument(), "kv-heads");
    EXPECT_EQ(error.value(), "4");
    EXPECT_EQ(error.reason(), "does not divide the number of heads");
    EXPECT_EQ(error.requirement(), "a divisor of 6");
  }
}

TEST(ArgumentError, UnknownNamesShowTheNearestOrAll) {
  const auto message = [](std::string_view value, std::string_view name) {
    return std::string(unknown_name("engine", value, name, {"onednn", "reference", "tiled"}).what());
  };
  EXPECT_EQ(message("tild", "tild"), "engine: 'tild': unknown name; nearest: tiled");
  EXPECT_EQ(message("tild(3)", "tild"), "engine: 'tild(3)': unknown name 'tild'; nearest: tiled");
  EXPECT_EQ(message("x", "x"), "engine: 'x': unknown name; allowed: onednn, reference, tiled");
}

}  // namespace
}  // namespace attnlab
