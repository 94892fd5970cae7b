// Tile shapes for the caches of various machines.
#include "attnlab/engines/tiled/tiling.h"

#include <gtest/gtest.h>

namespace attnlab {
namespace {

TileLimits limits_of(std::int64_t first_kib, std::int64_t second_kib, std::int64_t head_dim, DType dtype) {
  Shape shape;
  shape.head_dim = shape.head_dim_v = head_dim;
  return tile_limits({first_kib << 10, second_kib << 10}, shape, dtype);
}

TEST(TileLimits, FollowTheCaches) {
  struct Case {
    std::int64_t first_kib, second_kib, head_dim;
    DType dtype;
    std::int64_t key_columns, strip_rows;
  };
  for (const Case& c : {
           Case{32, 1024, 64, DType::f32, 512, 12},   // Zen 4
           Case{48, 1024, 64, DType::f32, 512, 18},   // Zen 5
           Case{48, 2048, 64, DType::f32, 512, 18},   // Sapphire Rapids
           Case{32, 256, 64, DType::f32, 256, 24},    // Broadwell
           Case{32, 256, 128, DType::f32, 128, 24},   //
           Case{32, 256, 128, DType::bf16, 256, 24},  //
           Case{16, 256, 64, DType::f32, 256, 12},    //
           Case{32, 256, 256, DType::f32, 64, 24},    //
           Case{1, 1, 4096, DType::f32, 16, 12},      // the least
       }) {
    const TileLimits limits = limits_of(c.first_kib, c.second_kib, c.head_dim, c.dtype);
    EXPECT_EQ(limits.key_columns, c.key_columns) << c.first_kib << ' ' << c.second_kib << ' ' << c.head_dim;
    EXPECT_EQ(limits.strip_rows, c.strip_rows) << c.first_kib << ' ' << c.second_kib << ' ' << c.head_dim;
  }
}

TEST(TileLimits, ThisMachineHasCaches) {
  EXPECT_GT(cache_sizes().first, 0);
  EXPECT_GE(cache_sizes().second, cache_sizes().first);
}

}  // namespace
}  // namespace attnlab
