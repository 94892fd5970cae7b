// Products of tiles: C = A B and C += A B with B packed in panels, by register blocks, of float32 numbers or
// of pairs of bfloat16.
//
// Compared with oneDNN, measured in turn: on float32 tiles of 48 x 256 x 64 these blocks are 1.2 x as fast,
// and 1.1 x on 128 and 192 rows (oneDNN 2.6.3, Sapphire Rapids class without AMX); on bfloat16 tiles, 24 rows
// of these blocks are as fast as 128 rows of oneDNN (Zen 4, 213 to 227 against 197 to 227 GFLOP/s). They also
// accept any number of rows and any range of columns and depth, so that nothing outside of a pattern is
// computed. Products with AMX use oneDNN.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "attnlab/kernels/lane.h"
#include "attnlab/kernels/rows.h"

namespace attnlab::ATTNLAB_LEVEL {

// A register block: rows x lanes sums, one register for each lane of B and one broadcast element of A fill
// the register file.
#if defined(__AVX512F__)
inline constexpr int block_rows = 6, panel_lanes = 4;
#else
inline constexpr int block_rows = 6, panel_lanes = 2;
#endif
inline constexpr std::int64_t panel_width = panel_lanes * Lane::width;

/// The multiply-add of a product of float32 numbers.
struct Numbers {
  ATTNLAB_INLINE static void add(FloatRegister& sum, FloatRegister element, FloatRegister column) {
    sum += element * column;
  }
};

#if defined(__AVX512BF16__)
/// The multiply-add of pairs of bfloat16, which are adjacent along the depth. With _mm512_dpbf16_ps, GCC 12
/// copies every sum twice in each iteration of a loop.
struct Pairs {
  ATTNLAB_INLINE static void add(FloatRegister& sum, FloatRegister element, FloatRegister column) {
    auto total = static_cast<__m512>(sum);
    asm("vdpbf16ps %2, %1, %0"
        : "+v"(total)
        : "v"(static_cast<__m512>(column)), "v"(static_cast<__m512>(element)));
    sum = FloatRegister(total);
  }
};
#endif

/// Prefetches the rows that are needed next while a block is multiplied.
template <bool asks>
ATTNLAB_INLINE void ask_ahead(const RowsAhead& ahead, std::int64_t step) {
  if constexpr (asks) {
    for (std::int64_t row = step * ahead.each; row < (step + 1) * ahead.each; ++row)
      for (std::int64_t at = 0; at < ahead.bytes; at += 64)
        __builtin_prefetch(ahead.first + row * ahead.stride_bytes + at, 0, 2);
  }
}

/// One register block: `rows` rows of A (a_stride apart) times `lanes` lanes of B (b_stride apart).
template <class Elements, int rows, int lanes, bool asks, bool scales>
ATTNLAB_INLINE void multiply_block(const float* a, std::int64_t a_stride, const float* b,
                                   std::int64_t b_stride, const RowsAhead& ahead, std::int64_t depth,
                                   float* c, std::int64_t c_stride, bool accumulate, float factor) {
  FloatRegister sums[rows][lanes];
#pragma GCC unroll 8
  for (int r = 0; r < rows; ++r)
#pragma GCC unroll 4
    for (int l = 0; l < lanes; ++l) sums[r][l] = 0.0F;
  for (std::int64_t k = 0; k < depth; ++k) {
    ask_ahead<asks>(ahead, k);
    FloatRegister column[lanes];
#pragma GCC unroll 4
    for (int l = 0; l < lanes; ++l) column[l] = Lane::load(b + k * b_stride + l * Lane::width).value;
#pragma GCC unroll 8
    for (int r = 0; r < rows; ++r) {
      const FloatRegister element(a[r * a_stride + k]);
#pragma GCC unroll 4
      for (int l = 0; l < lanes; ++l) Elements::add(sums[r][l], element, column[l]);
    }
  }
  // Adding to C at the end limits the error to that of the longest step instead of the whole depth.
#pragma GCC unroll 8
  for (int r = 0; r < rows; ++r)
#pragma GCC unroll 4
    for (int l = 0; l < lanes; ++l) {
      float* to = c + r * c_stride + l * Lane::width;
      Lane sum(sums[r][l]);
      if constexpr (scales) sum = sum * Lane(factor);
      (accumulate ? Lane::load(to) + sum : sum).store(to);
    }
}

/// All rows of A times `lanes` lanes of B; the first block prefetches.
template <class Elements, int lanes, bool asks, bool scales>
ATTNLAB_INLINE void multiply_rows(const float* a, std::int64_t a_stride, const float* b,
                                  std::int64_t b_stride, const RowsAhead& ahead, std::int64_t depth,
                                  std::int64_t rows, float* c, std::int64_t c_stride, bool accumulate,
                                  float factor) {
  std::int64_t r = 0;
  const auto block = [&]<int count, bool first>() {
    multiply_block<Elements, count, lanes, first, scales>(a + r * a_stride, a_stride, b, b_stride, ahead,
                                                          depth, c + r * c_stride, c_stride, accumulate,
                                                          factor);
    r += count;
  };
  if (asks && rows >= block_rows) block.template operator()<block_rows, asks>();
  while (r + block_rows <= rows) block.template operator()<block_rows, false>();
  const bool first = asks && r == 0;
  const auto rest = [&]<int count>() {
    if (rows - r != count) return;
    if (first)
      block.template operator()<count, asks>();
    else
      block.template operator()<count, false>();
  };
  rest.template operator()<1>();
  rest.template operator()<2>();
  rest.template operator()<3>();
  rest.template operator()<4>();
  rest.template operator()<5>();
}

/// Depth at which a panel stays in the first cache while all rows of A are multiplied with it.
inline constexpr std::int64_t depth_step = 128;

template <class Elements, bool scales>
ATTNLAB_INLINE void multiply_panels(const float* a, std::int64_t a_stride, const Panels& b,
                                    std::int64_t depth, std::int64_t first_column, std::int64_t columns,
                                    std::int64_t rows, float* c, std::int64_t c_stride, bool accumulate,
                                    float factor) {
  for (std::int64_t k = 0; k < depth; k += depth_step) {
    const std::int64_t step = depth - k < depth_step ? depth - k : depth_step;
    const bool add = accumulate || k > 0;
    for (std::int64_t column = first_column; column < first_column + columns;) {
      const std::int64_t inside = column % panel_width;
      std::int64_t width = panel_width - inside;
      if (width > first_column + columns - column) width = first_column + columns - column;
      const float* panel = b.data + column / panel_width * b.panel_stride + k * b.row_stride + inside;
      float* to = c + column - first_column;
      const auto lanes = [&]<int count>() ATTNLAB_INLINE_LAMBDA {
        if (width != count * Lane::width) return;
        if (count == panel_lanes && b.ahead.bytes > 0 && column == first_column)
          multiply_rows<Elements, count, count == panel_lanes, scales>(
              a + k, a_stride, panel, b.row_stride, b.ahead.from(k), step, rows, to, c_stride, add, factor);
        else
          multiply_rows<Elements, count, false, scales>(a + k, a_stride, panel, b.row_stride, b.ahead, step,
                                                        rows, to, c_stride, add, factor);
      };
      lanes.template operator()<panel_lanes>();
      if constexpr (panel_lanes == 4) {
        lanes.template operator()<1>();
        lanes.template operator()<2>();
        lanes.template operator()<3>();
      }
      column += width;
    }
  }
}

static void multiply(const float* a, std::int64_t a_stride, const Panels& b, std::int64_t depth,
                     std::int64_t first_column, std::int64_t columns, std::int64_t rows, float* c,
                     std::int64_t c_stride, bool accumulate) {
  multiply_panels<Numbers, false>(a, a_stride, b, depth, first_column, columns, rows, c, c_stride, accumulate,
                                  1);
}

#if defined(__AVX512BF16__)
static void multiply_pairs(const float* a, std::int64_t a_stride, const Panels& b, std::int64_t depth,
                           std::int64_t first_column, std::int64_t columns, std::int64_t rows, float* c,
                           std::int64_t c_stride, bool accumulate, float factor) {
  // Code that is compiled with the factor is slower, even if it is 1.
  if (factor == 1)
    multiply_panels<Pairs, false>(a, a_stride, b, depth, first_column, columns, rows, c, c_stride, accumulate,
                                  factor);
  else
    multiply_panels<Pairs, true>(a, a_stride, b, depth, first_column, columns, rows, c, c_stride, accumulate,
                                 factor);
}
inline constexpr auto multiply_pairs_of_level = &multiply_pairs;
#else
inline constexpr std::nullptr_t multiply_pairs_of_level = nullptr;
#endif

using Native [[gnu::vector_size(Lane::width * 4)]] = float;

/// Exchanges the odd groups of `distance` elements of `upper` with the even groups of `lower`.
template <int distance, int... element>
ATTNLAB_INLINE void exchange_groups(Native& upper, Native& lower, std::integer_sequence<int, element...>) {
  constexpr int width = static_cast<int>(Lane::width);
  const Native first =
      __builtin_shufflevector(upper, lower, ((element & distance) ? width + element - distance : element)...);
  lower =
      __builtin_shufflevector(upper, lower, ((element & distance) ? width + element : element + distance)...);
  upper = first;
}

/// Transposes a square block.
template <int distance = 1>
ATTNLAB_INLINE void transpose(Native (&block)[Lane::width]) {
  constexpr int width = static_cast<int>(Lane::width);
  if constexpr (distance < width) {
#pragma GCC unroll 16
    for (int r = 0; r < width; ++r)
      if ((r & distance) == 0)
        exchange_groups<distance>(block[r], block[r + distance], std::make_integer_sequence<int, width>{});
    transpose<2 * distance>(block);
  }
}

static void pack_transposed(const float* from, std::int64_t from_stride, std::int64_t rows,
                            std::int64_t width, float* to) {
  for (std::int64_t t = 0; t < rows; t += Lane::width) {
    float* panel = to + t / panel_width * panel_width * width + t % panel_width;
    std::int64_t c = 0;
    for (; c + Lane::width <= width; c += Lane::width) {
      Native block[Lane::width];
#pragma GCC unroll 16
      for (int r = 0; r < Lane::width; ++r) {
        // Prefetches columns of the rows after the next: their distance is too large for the hardware
        // prefetcher.
        __builtin_prefetch(from + (t + r + 2 * Lane::width) * from_stride + c);
        block[r] = std::bit_cast<Native>(Lane::load(from + (t + r) * from_stride + c).value);
      }
      transpose(block);
#pragma GCC unroll 16
      for (int r = 0; r < Lane::width; ++r)
        Lane(std::bit_cast<FloatRegister>(block[r])).store(panel + (c + r) * panel_width);
    }
    for (; c < width; ++c)
      for (std::int64_t r = 0; r < Lane::width; ++r)
        panel[c * panel_width + r] = from[(t + r) * from_stride + c];
  }
}

}  // namespace attnlab::ATTNLAB_LEVEL
