// Row code: what happens to a tile of logits between the two matrix products. One source, compiled once for
// each instruction-set level into a namespace of that level; an engine gets the table of the level in use.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "attnlab/core/dtype.h"
#include "attnlab/core/isa.h"
#include "attnlab/dispersion/row_sketch.h"
#include "attnlab/variants/modifier.h"
#include "attnlab/variants/normaliser.h"
#include "attnlab/variants/normalisers/row_keys.h"
#include "attnlab/variants/score_weights.h"

namespace attnlab {

/// A tile of float32 logits: rows of `columns` logits (a multiple of row_code_columns), `stride` floats
/// apart. Logits of keys that are not visible are -inf.
struct LogitTile {
  float* logits = nullptr;
  std::int64_t stride = 0;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::int64_t first_position = 0;  ///< Shape::position of the first row; rows are consecutive
  std::int64_t first_key = 0;
  const RowFacts* facts = nullptr;  ///< one for each row, if a modifier needs them
  /// One bit for each logit, stride / 16 words a row: 0 only if the logit was at or below the bound of its
  /// row when the tile was filled. May be null.
  std::uint16_t* above = nullptr;
};

/// The columns of a tile are a whole number of lanes at every level.
inline constexpr std::int64_t row_code_columns = 16;

/// Rows of memory to prefetch: a product prefetches `each` rows with every row of its right operand.
struct RowsAhead {
  const std::byte* first = nullptr;
  std::int64_t stride_bytes = 0;
  std::int64_t bytes = 0;  ///< of a row; 0: no prefetching
  std::int64_t each = 1;

  RowsAhead from(std::int64_t step) const {
    return {first + step * each * stride_bytes, stride_bytes, bytes, each};
  }
};

/// The right operand of a product, in float32: groups of RowCode::panel_width columns, panel_stride floats
/// apart; the rows of a group are row_stride floats apart. A row-major matrix has this form, too.
struct Panels {
  const float* data = nullptr;
  std::int64_t panel_stride = 0;
  std::int64_t row_stride = 0;
  RowsAhead ahead = {};
};

/// Softmax state of a block of rows.
struct OnlineRows {
  float* maximum = nullptr;  ///< one for each row; -inf at first
  float* sum = nullptr;      ///< rows x row_code_columns: sums by lane; 0 at first
  float* output = nullptr;   ///< rows x output_columns, unnormalised
  std::int64_t output_stride = 0;
  std::int64_t output_columns = 0;  ///< a multiple of row_code_columns
};

/// Sketches of a block of rows, and |v_j| times value_norm_scale and ln |v_j| (0 for a norm of 0) of their kv
/// head, from key 0 on, in whole tiles.
struct SketchRows {
  RowSketch* rows = nullptr;
  const float* value_norms = nullptr;
  const float* log_value_norms = nullptr;

  SketchRows from(std::int64_t row) const {
    return {rows ? rows + row : nullptr, value_norms, log_value_norms};
  }
};

/// Counts of the candidates of a row before its last solve.
struct ThresholdWork {
  std::int32_t dropped = 0;  ///< candidates that a raised bound removed
  std::int32_t solves = 0;   ///< number of times that the bound was raised
};

/// Candidates of a block of rows for the support of a row_threshold normaliser.
struct ThresholdRows {
  float* tau = nullptr;         ///< a lower bound of the threshold, in z = scale s; -inf at first
  float* maximum = nullptr;     ///< of z
  float* candidates = nullptr;  ///< rows x capacity: z above tau
  std::int32_t* keys = nullptr;
  std::int32_t* counts = nullptr;  ///< number of candidates of a row, or `spilled`
  std::int32_t* limits = nullptr;  ///< number of candidates of a row above which tau is raised; at first
                                   ///< first_limit or the capacity
  std::int64_t capacity =
      0;  ///< a multiple of row_code_columns, at least two of them or the length of a whole row
  const float* slack = nullptr;  ///< largest error of z for each row; null if z is exact
  ThresholdWork* work = nullptr;
};

/// A row to solve.
struct ThresholdRow {
  float* z = nullptr;  ///< room for a whole number of lanes
  std::int32_t* keys = nullptr;
  std::int64_t count = 0;
  float bound = -std::numeric_limits<float>::infinity();  ///< a lower bound of tau
};

/// Keys of a tile as 8-bit whole numbers about their mean (quantised.h), in groups of quantised_group keys:
/// four numbers of each key, then the next four of each, up to quantised_width. 128 is added to every number.
struct QuantisedKeys {
  float* mean = nullptr;            ///< width
  std::uint8_t* numbers = nullptr;  ///< groups x quantised_width x quantised_group
  float scale = 0;                  ///< 0: the tile has no approximate logits
  float mean_norm = 0;
  float norm = 0;   ///< largest |key - mean| of the quantised keys
  float error = 0;  ///< largest |key - mean - numbers|
};

/// A quantised query; all numbers are 0 if scale is 0.
struct QuantisedQuery {
  float scale = 0;
  float norm = 0;  ///< norm of the query
  float error = 0;
  std::int32_t offset = 0;  ///< contribution of the added 128 of the keys to a product
};

inline constexpr std::int64_t quantised_group = 64;
constexpr std::int64_t quantised_width(std::int64_t width) { return (width + 3) / 4 * 4; }

/// Largest error of approximate logits (quantised.h), given the largest norms of the keys; infinity if the
/// query has no scale. Norms and products of `width` numbers are computed in float32, with a relative error
/// of at most `rounding` unless they underflow.
inline double approximation_error(const QuantisedQuery& query, std::int64_t width, double norm, double error,
                                  double mean_norm) {
  if (query.scale == 0) return std::numeric_limits<double>::infinity();
  const double rounding = 2 * static_cast<double>(width + 16) * std::numeric_limits<float>::epsilon();
  const auto query_norm = static_cast<double>(query.norm);
  return (static_cast<double>(query.error) * norm + query_norm * error) * (1 + rounding) +
         query_norm * (norm + mean_norm) * rounding +
         static_cast<double>(width) * std::numeric_limits<float>::min();
}

/// The operands for a tile of approximate logits.
struct QuantisedTile {
  const float* queries = nullptr;              ///< rows x width
  const std::int8_t* query_numbers = nullptr;  ///< rows x quantised_width
  const QuantisedQuery* quantised_queries = nullptr;
  const QuantisedKeys* keys = nullptr;
  std::int64_t width = 0;
  std::int64_t first_column = 0;  ///< of the keys
  const float* tau = nullptr;     ///< as in ThresholdRows, one for each row
  float scale = 0;                ///< z = scale s
};

/// Keys or values of one kv head in their storage type, `stride_bytes` apart.
struct StoredRows {
  const std::byte* first = nullptr;
  std::int64_t stride_bytes = 0;
  DType dtype = DType::f32;
  std::int64_t width = 0;
};

inline constexpr std::int32_t first_limit = 24 * row_code_columns;

/// The count of a row whose candidates exceeded the buffer. Such a row is solved as a whole later.
inline constexpr std::int32_t spilled = -1;

struct RowCode {
  std::int64_t panel_width;  ///< a multiple or a divisor of row_code_columns

  /// Converts `count` elements of a storage type to float32 and back, rounded to nearest, ties to even.
  void (*widen)(const void* from, DType dtype, float* to, std::int64_t count);
  void (*narrow)(const float* from, DType dtype, void* to, std::int64_t count);

  /// As widen, but replaces numbers that are not finite by 0; returns true if there were any.
  bool (*widen_finite)(const void* from, DType dtype, float* to, std::int64_t count);

  /// Packs the transpose of `from` into panels (`from`: rows x width, rows from_stride floats apart, a
  /// multiple of row_code_columns): panel_stride is panel_width x width, row_stride is panel_width.
  void (*pack_transposed)(const float* from, std::int64_t from_stride, std::int64_t rows, std::int64_t width,
                          float* to);

  /// C = A B or C += A B, with A of rows x depth and a range of columns of B whose ends are
  /// multiples of row_code_columns. The order of summation of an element depends only on `depth`.
  void (*multiply)(const float* a, std::int64_t a_stride, const Panels& b, std::int64_t depth,
                   std::int64_t first_column, std::int64_t columns, std::int64_t rows, float* c,
                   std::int64_t c_stride, bool accumulate);

  /// C = factor A B or C += factor A B for pairs of bfloat16: every "float" of A and B is two numbers that
  /// are adjacent along the depth; depth counts pairs. Subnormal numbers count as 0. Null at levels without
  /// such products.
  void (*multiply_pairs)(const float* a, std::int64_t a_stride, const Panels& b, std::int64_t depth,
                         std::int64_t first_column, std::int64_t columns, std::int64_t rows, float* c,
                         std::int64_t c_stride, bool accumulate, float factor);

  /// Packs an even number `count` of rows of bfloat16 as pairs, the right operand of multiply_pairs: count /
  /// 2 x rows.width.
  void (*pair_rows)(const StoredRows& rows, std::int64_t count, std::uint32_t* to);

  /// Applies one modifier to every logit of the tile.
  void (*modify)(const Modifier& modifier, const LogitTile& tile);

  /// Adds the logarithm of the factor of one modifier to every logit of the tile.
  void (*add_log_factor)(const Modifier& modifier, const LogitTile& tile);

  /// Fills the tile with a pairwise score. `queries`: rows x net.hidden; `keys`: net.hidden x columns, rows
  /// keys_stride floats apart.
  void (*pairwise)(const PairwiseNet& net, const float* queries, const float* keys, std::int64_t keys_stride,
                   const LogitTile& tile);

  /// Adds a tile to the softmax state and writes exp(s - maximum) to `weights` (rows x columns, with the
  /// stride of the tile; float32 in place, or bfloat16). `weights` may be the logits of the tile.
  /// arXiv:1805.02867, arXiv:2112.05682.
  void (*absorb_online)(const LogitTile& tile, const OnlineRows& state, DType weights_dtype, void* weights);

  /// The same, and also adds the tile to the sketches.
  void (*absorb_online_with_statistics)(const LogitTile& tile, const OnlineRows& state, DType weights_dtype,
                                        void* weights, const SketchRows& sketches);

  /// Updates softmax state and sums by a tile without writing weights; `sums` are relative to state.maximum.
  void (*measure_entropy)(const LogitTile& tile, const OnlineRows& state, WeightSums* sums);

  /// Adds the tile to the LogitRange of every row's sketch, for normalisers that are not online.
  void (*measure_logits)(const LogitTile& tile, RowSketch* sketches);

  /// As top_sums() of row_sketch.h, in float32; shrinks the LargestLogits.
  TopSums (*top_sums)(RowSketch& sketch);

  /// Divides `rows` rows of output by their sum; a row with sum 0 becomes 0.
  void (*finish_online)(const OnlineRows& state, std::int64_t rows);

  /// Elementwise normalisers: leaves the weights of a tile in `weights`, as absorb_online does. `keys`: of
  /// each row. Folds the logarithms of the weights into `sketches` unless null.
  void (*weigh)(const Normaliser& normaliser, const LogitTile& tile, const RowKeys* keys, DType weights_dtype,
                void* weights, const SketchRows* sketches);

  /// Keeps the keys of a tile that may be on the support, if z has an error up to slack. This is exact, since
  /// the threshold of a part of a row is never above that of the row.
  void (*absorb_threshold)(const Normaliser& normaliser, const LogitTile& tile, const ThresholdRows& state);

  /// Quantises `count` rows of keys of `width` numbers into `keys`. Overwrites the rows.
  void (*quantise_keys)(float* rows, std::int64_t count, std::int64_t width, QuantisedKeys* keys);
  void (*quantise_query)(const float* query, std::int64_t width, QuantisedQuery* quantised,
                         std::int8_t* numbers);

  /// Fills the tile with approximate logits, whose error quantised.h bounds, and its `above` by comparison
  /// with tau. Null at levels without fast 8-bit products.
  void (*approximate)(const QuantisedTile& from, const LogitTile& tile);

  /// Removes candidates that cannot be on the support if z has an error up to slack, and computes z again for
  /// the others, from `queries` (rows x keys.width) and `keys`.
  void (*refine_threshold)(const Normaliser& normaliser, std::int64_t rows, const float* queries,
                           const StoredRows& keys, const ThresholdRows& state);

  /// Turns z of each of `count` rows into weights that sum to 1, removes keys outside of the support, keeping
  /// the order, and sets row.count to the number of keys that remain. NaN or +inf makes the whole row NaN.
  /// Several rows in one call take less time than one after another.
  void (*solve_threshold)(const Normaliser& normaliser, ThresholdRow* rows, std::int64_t count);

  /// Logits (products times factor) of tile.rows queries (rows x keys.width) and the first `count` keys, from
  /// 1 to the columns of the tile. Other columns are left undefined.
  void (*score_stored)(const float* queries, const StoredRows& keys, std::int64_t count, float factor,
                       const LogitTile& tile);

  /// The same for bfloat16 with an even keys.width: every "float" of the queries is two numbers, as in
  /// multiply_pairs. Null at levels without such products.
  void (*score_stored_pairs)(const float* queries, const StoredRows& keys, std::int64_t count, float factor,
                             const LogitTile& tile);

  bool (*finite_stored)(const StoredRows& rows, std::int64_t count);

  /// output = the sum over t < count of weights[t] x row numbers[t], of rows.width elements.
  void (*gather)(const float* weights, const std::int32_t* numbers, std::int64_t count,
                 const StoredRows& rows, float* output);
};

/// The RowCode table of a level, which the machine must support.
const RowCode& row_code(IsaLevel level);

}  // namespace attnlab
