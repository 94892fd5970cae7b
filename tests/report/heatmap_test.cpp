// attnlab heatmap: complete pictures, colours that agree with the colour bar, refusals.
#include <gtest/gtest.h>

#include <cstdint>

#include "harness/command.h"
#include "heatmap/colours.h"

namespace attnlab {
namespace {

std::uint32_t big_endian(const std::string& bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t byte = 0; byte < 4; ++byte)
    value = value << 8 | static_cast<unsigned char>(bytes.at(at + byte));
  return value;
}

TEST(Heatmap, IsAPictureOfEitherFormat) {
  const TemporaryDirectory directory;
  const auto draw = [&](const std::string& options, const std::string& name) {
    const std::string file = (directory / name).string();
    const Result result = command("heatmap --seqlen 60 --heads 2 --threads 1 " + options + " --out " + file);
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_EQ(result.out, "heatmap: " + file + "\n");
    return read_file(file);
  };
  const std::string three = draw("--pattern causal --normaliser sparsemax --head 1", "a.png");
  EXPECT_EQ(three.substr(0, 8), "\x89PNG\r\n\x1a\n");
  EXPECT_EQ(three.substr(three.size() - 8, 4), "IEND");
  const std::string one = draw("--pattern causal", "b.png");
  EXPECT_EQ(big_endian(three, 16) * 2, big_endian(one, 16) * 3) << "three maps where something is given up";
  EXPECT_NE(draw("--pattern causal --normaliser sparsemax --head 0", "c.png"), three) << "another head";
  EXPECT_EQ(draw("--pattern causal --normaliser sparsemax --head 1", "d.png"), three);
  const std::string svg = draw("--normaliser sparsemax --seqlen-k 90", "e.svg");
  EXPECT_EQ(svg.substr(0, 5), "<?xml");
  EXPECT_NE(svg.find("</svg>"), std::string::npos);
  EXPECT_EQ(draw("--normaliser sparsemax", "f.pdf").substr(0, 5), "%PDF-");
}

TEST(Heatmap, RefusesWhatItCannotDraw) {
  const auto refusal = [](const std::string& options) {
    const Result result = command("heatmap --seqlen 32 --heads 2 " + options);
    EXPECT_EQ(result.status, 2) << options;
    return result.err;
  };
  EXPECT_NE(refusal("").find("ends in .png, .svg or .pdf"), std::string::npos);
  EXPECT_NE(refusal("--out map.gif").find("map.gif"), std::string::npos);
  EXPECT_NE(refusal("--out map.png --head 2").find("a whole number from 0 to 1"), std::string::npos);
  EXPECT_NE(refusal("--out map.png --dtype f32,bf16").find("one cell"), std::string::npos);
  EXPECT_NE(refusal("--out /nonexistent/map.png").find("/nonexistent/map.png"), std::string::npos);
  EXPECT_NE(refusal("--out map.png --rounds 3").find("rounds"), std::string::npos);
}

TEST(Heatmap, ColoursFollowTheLogarithm) {
  const auto same = [](Colour a, Colour b) {
    return a.red == b.red && a.green == b.green && a.blue == b.blue;
  };
  EXPECT_TRUE(same(weight_colour(0), {1, 1, 1})) << "no weight";
  EXPECT_TRUE(same(weight_colour(1e-9), weight_colour(0.01)));
  EXPECT_TRUE(same(weight_colour(100), weight_colour(1e9)));
  EXPECT_NEAR(weight_colour(1).green, 0x91 / 255.0, 1e-9) << "the middle of viridis";
  EXPECT_TRUE(same(difference_colour(0), {1, 1, 1}));
  for (const double place : {-1.0, -0.5, 0.0, 0.25, 1.0})
    EXPECT_NEAR(difference_place(difference_at(place)), place, 1e-12);
  EXPECT_EQ(difference_place(-1e9), -1);
  EXPECT_GT(difference_colour(1).red, difference_colour(1).blue) << "added";
  EXPECT_LT(difference_colour(-1).red, difference_colour(-1).blue) << "taken away";
}

}  // namespace
}  // namespace attnlab
