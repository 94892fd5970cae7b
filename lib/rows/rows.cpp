// Compiled once for each instruction-set level: ATTNLAB_LEVEL is its name, and its namespace.
#include "rows/rows.h"

#include "rows/lane.h"
#include "rows/level_tables.h"
#include "rows/online.h"
#include "rows/product.h"
#include "rows/threshold.h"

namespace attnlab::ATTNLAB_LEVEL {

namespace {

/// Calls `function` with the struct that a table's std::variant holds; std::visit would emit functions of
/// std.
template <std::size_t index = 0, class Table, class Function>
ATTNLAB_INLINE void with_member(const Table& table, Function function) {
  if constexpr (index < std::variant_size_v<Table>) {
    if (const auto* member = std::get_if<index>(&table))
      function(*member);
    else
      with_member<index + 1>(table, function);
  }
}

void modify(const Modifier& modifier, const LogitTile& tile) {
  with_member(modifier.member(), [&](const auto& member) {
    for (std::int64_t row = 0; row < tile.rows; ++row) {
      const Lane query = Lane(static_cast<float>(tile.first_position + row));
      float* logits = tile.logits + row * tile.stride;
      for (std::int64_t j = 0; j < tile.columns; j += Lane::width) {
        const Lane key = Lane(static_cast<float>(tile.first_key + j)) + Lane::iota();
        member(Lane::load(logits + j), query, key).store(logits + j);
      }
    }
  });
}

template <Activation activation>
ATTNLAB_INLINE Lane activate(Lane x) {
  if constexpr (activation == Activation::tanh)
    return tanh(x);
  else
    return select(x < Lane(0.0F), Lane(0.0F), x);
}

template <Activation activation>
void pairwise_rows(const PairwiseNet& net, const float* queries, const float* keys, std::int64_t keys_stride,
                   const LogitTile& tile) {
  for (std::int64_t row = 0; row < tile.rows; ++row) {
    const float* query = queries + row * net.hidden;
    for (std::int64_t j = 0; j < tile.columns; j += Lane::width) {
      Lane score = Lane(0.0F);
      if (net.hidden2 == 0) {
        for (std::int64_t unit = 0; unit < net.hidden; ++unit)
          score =
              score + Lane(net.out[unit]) *
                          activate<activation>(Lane(query[unit]) + Lane::load(keys + unit * keys_stride + j));
      } else {
        Lane layer[max_hidden];
        for (std::int64_t unit = 0; unit < net.hidden; ++unit)
          layer[unit] = activate<activation>(Lane(query[unit]) + Lane::load(keys + unit * keys_stride + j));
        for (std::int64_t unit = 0; unit < net.hidden2; ++unit) {
          const float* weights = net.second + unit * net.hidden;
          Lane sum = Lane(0.0F);
          for (std::int64_t t = 0; t < net.hidden; ++t) sum = sum + Lane(weights[t]) * layer[t];
          score = score + Lane(net.out[unit]) * activate<activation>(sum);
        }
      }
      score.store(tile.logits + row * tile.stride + j);
    }
  }
}

void pairwise(const PairwiseNet& net, const float* queries, const float* keys, std::int64_t keys_stride,
              const LogitTile& tile) {
  if (net.activation == Activation::tanh)
    pairwise_rows<Activation::tanh>(net, queries, keys, keys_stride, tile);
  else
    pairwise_rows<Activation::relu>(net, queries, keys, keys_stride, tile);
}

void absorb_threshold(const Normaliser& normaliser, const LogitTile& tile, const ThresholdRows& state) {
  with_member(normaliser.member(), [&](const auto& member) {
    if constexpr (member.kind == NormaliserKind::row_threshold) absorb_threshold_rows(member, tile, state);
  });
}

std::int64_t solve_threshold(const Normaliser& normaliser, float* z, std::int32_t* keys, std::int64_t count) {
  std::int64_t support = 0;
  with_member(normaliser.member(), [&](const auto& member) {
    if constexpr (member.kind == NormaliserKind::row_threshold)
      support = solve_threshold_row(member, z, keys, count);
  });
  return support;
}

void accumulate(float weight, const void* value, DType dtype, float* output, std::int64_t columns) {
  const auto* wide = static_cast<const float*>(value);
  const auto* narrow = static_cast<const std::uint16_t*>(value);
  std::int64_t c = 0;
  for (; c + Lane::width <= columns; c += Lane::width) {
    const Lane v = dtype == DType::f32 ? Lane::load(wide + c) : load_bf16(narrow + c);
    (Lane::load(output + c) + Lane(weight) * v).store(output + c);
  }
  for (; c < columns; ++c) {
    const float v = dtype == DType::f32
                        ? wide[c]
                        : __builtin_bit_cast(float, static_cast<std::uint32_t>(narrow[c]) << 16);
    output[c] += weight * v;
  }
}

}  // namespace

const RowCode table{panel_width,
                    pack_transposed,
                    multiply,
                    modify,
                    pairwise,
                    absorb_online,
                    absorb_online_with_statistics,
                    finish_online,
                    absorb_threshold,
                    solve_threshold,
                    accumulate};

}  // namespace attnlab::ATTNLAB_LEVEL
