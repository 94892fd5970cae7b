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

/// Rows of float32 logits in a tile, `columns` of them a row (a multiple of row_code_columns), `stride`
/// floats from one row to the next. Logits that are not visible are -inf.
struct LogitTile {
  float* logits = nullptr;
  std::int64_t stride = 0;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::int64_t first_position = 0;  ///< Shape::position of the first row; the rows follow one another
  std::int64_t first_key = 0;
  const RowFacts* facts = nullptr;  ///< a row each, where a modifier asks for them
  /// A bit a logit, stride / 16 words a row: 0 only if it was at or below its row's bound when the tile was
  /// filled. Null: nobody asked.
  std::uint16_t* above = nullptr;
};

/// Tiles are a whole number of lanes at every level.
inline constexpr std::int64_t row_code_columns = 16;

/// Rows of memory that are wanted soon: a product asks for `each` of them with every row of its right
/// operand.
struct RowsAhead {
  const std::byte* first = nullptr;
  std::int64_t stride_bytes = 0;
  std::int64_t bytes = 0;  ///< of a row; 0: nothing is wanted
  std::int64_t each = 1;

  RowsAhead from(std::int64_t step) const {
    return {first + step * each * stride_bytes, stride_bytes, bytes, each};
  }
};

/// The right operand of a product, float32: groups of RowCode::panel_width columns, panel_stride floats from
/// one group to the next, row_stride from one row of a group to the next. A row-major matrix is one, too.
struct Panels {
  const float* data = nullptr;
  std::int64_t panel_stride = 0;
  std::int64_t row_stride = 0;
  RowsAhead ahead = {};
};

/// Softmax state of a block of rows.
struct OnlineRows {
  float* maximum = nullptr;  ///< a row each; -inf at first
  float* sum = nullptr;      ///< rows x row_code_columns: sums of lanes; 0 at first
  float* output = nullptr;   ///< rows x output_columns, unnormalised
  std::int64_t output_stride = 0;
  std::int64_t output_columns = 0;  ///< a multiple of row_code_columns
};

/// Sketches of a block of rows, and of their kv head from key 0 on |v_j|, times value_norm_scale, and ln
/// |v_j| (0 for a norm of 0), whole tiles of them.
struct SketchRows {
  RowSketch* rows = nullptr;
  const float* value_norms = nullptr;
  const float* log_value_norms = nullptr;

  SketchRows from(std::int64_t row) const {
    return {rows ? rows + row : nullptr, value_norms, log_value_norms};
  }
};

/// What became of a row's candidates before its last solve.
struct ThresholdWork {
  std::int32_t dropped = 0;  ///< candidates that a bound, once raised, left out again
  std::int32_t solves = 0;   ///< times that the bound was raised
};

/// Candidates of a block of rows for the support of a row_threshold normaliser.
struct ThresholdRows {
  float* tau = nullptr;         ///< a lower bound of the threshold, in z = scale s; -inf at first
  float* maximum = nullptr;     ///< of z
  float* candidates = nullptr;  ///< rows x capacity: z above tau
  std::int32_t* keys = nullptr;
  std::int32_t* counts = nullptr;  ///< candidates of a row, or `spilled`
  std::int32_t* limits = nullptr;  ///< candidates of a row beyond which tau is raised; at first first_limit
                                   ///< or the capacity
  std::int64_t capacity = 0;       ///< a multiple of row_code_columns, two at least or a whole row's length
  const float* slack = nullptr;    ///< how far off z may be, a row each; null where it is exact
  ThresholdWork* work = nullptr;
};

/// A row to be solved.
struct ThresholdRow {
  float* z = nullptr;  ///< room for a whole number of lanes
  std::int32_t* keys = nullptr;
  std::int64_t count = 0;
  float bound = -std::numeric_limits<float>::infinity();  ///< below tau
};

/// Keys of a tile as whole numbers of 8 bits about their mean (quantised.h). Groups of quantised_group keys:
/// four numbers of each key, the next four of each, and so on to quantised_width; 128 added to every number.
struct QuantisedKeys {
  float* mean = nullptr;            ///< width
  std::uint8_t* numbers = nullptr;  ///< groups x quantised_width x quantised_group
  float scale = 0;                  ///< 0: the tile has no approximate logits
  float mean_norm = 0;
  float norm = 0;   ///< largest |key - mean| as the numbers have it
  float error = 0;  ///< largest |key - mean - numbers|
};

/// A query, likewise; all numbers are 0 where scale is.
struct QuantisedQuery {
  float scale = 0;
  float norm = 0;  ///< of the query itself
  float error = 0;
  std::int32_t offset = 0;  ///< what the 128 of the keys add to a product
};

inline constexpr std::int64_t quantised_group = 64;
constexpr std::int64_t quantised_width(std::int64_t width) { return (width + 3) / 4 * 4; }

/// How far off approximate logits may be (quantised.h), given the largest norms of the keys; infinity where
/// the query has no scale. Norms of `width` numbers, and products of them, are computed in float32: none is
/// off by more than `rounding`, but what underflows.
inline double approximation_error(const QuantisedQuery& query, std::int64_t width, double norm, double error,
                                  double mean_norm) {
  if (query.scale == 0) return std::numeric_limits<double>::infinity();
  const double rounding = 2 * static_cast<double>(width + 16) * std::numeric_limits<float>::epsilon();
  const auto query_norm = static_cast<double>(query.norm);
  return (static_cast<double>(query.error) * norm + query_norm * error) * (1 + rounding) +
         query_norm * (norm + mean_norm) * rounding +
         static_cast<double>(width) * std::numeric_limits<float>::min();
}

/// Operands of a tile of approximate logits.
struct QuantisedTile {
  const float* queries = nullptr;              ///< rows x width
  const std::int8_t* query_numbers = nullptr;  ///< rows x quantised_width
  const QuantisedQuery* quantised_queries = nullptr;
  const QuantisedKeys* keys = nullptr;
  std::int64_t width = 0;
  std::int64_t first_column = 0;  ///< of the keys
  const float* tau = nullptr;     ///< as in ThresholdRows, a row each
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

/// Count of a row whose support outgrew its buffer: it is solved over the whole row later.
inline constexpr std::int32_t spilled = -1;

struct RowCode {
  std::int64_t panel_width;  ///< a multiple or a divisor of row_code_columns

  /// `count` elements of a storage type as float32, and back; rounded to nearest, ties to even.
  void (*widen)(const void* from, DType dtype, float* to, std::int64_t count);
  void (*narrow)(const float* from, DType dtype, void* to, std::int64_t count);

  /// As widen, with 0 for what is not finite; true if there was any.
  bool (*widen_finite)(const void* from, DType dtype, float* to, std::int64_t count);

  /// Makes panels of the transpose of `from` (rows x width, rows from_stride floats apart; rows a multiple of
  /// row_code_columns): panel_stride panel_width x width, row_stride panel_width.
  void (*pack_transposed)(const float* from, std::int64_t from_stride, std::int64_t rows, std::int64_t width,
                          float* to);

  /// C = factor A B, or C += factor A B: A rows x depth, columns first_column … of B (both a multiple of
  /// row_code_columns). The order of summation of an element depends on `depth` alone.
  void (*multiply)(const float* a, std::int64_t a_stride, const Panels& b, std::int64_t depth,
                   std::int64_t first_column, std::int64_t columns, std::int64_t rows, float* c,
                   std::int64_t c_stride, bool accumulate, float factor);

  /// The same of bfloat16 pairs: every "float" of A and B is two numbers that are neighbours along the depth,
  /// which counts pairs. Subnormal numbers count as 0. Null at levels that have no such product.
  void (*multiply_pairs)(const float* a, std::int64_t a_stride, const Panels& b, std::int64_t depth,
                         std::int64_t first_column, std::int64_t columns, std::int64_t rows, float* c,
                         std::int64_t c_stride, bool accumulate, float factor);

  /// An even `count` of rows of bfloat16 as pairs, the right operand of multiply_pairs: count / 2 x
  /// rows.width.
  void (*pair_rows)(const StoredRows& rows, std::int64_t count, std::uint32_t* to);

  /// Applies one modifier to every logit of the tile.
  void (*modify)(const Modifier& modifier, const LogitTile& tile);

  /// Adds ln of what one modifier multiplies weights by to every logit of the tile.
  void (*add_log_factor)(const Modifier& modifier, const LogitTile& tile);

  /// Fills the tile with a pairwise score. `queries`: rows x net.hidden; `keys`: net.hidden x columns, rows
  /// keys_stride floats apart.
  void (*pairwise)(const PairwiseNet& net, const float* queries, const float* keys, std::int64_t keys_stride,
                   const LogitTile& tile);

  /// Folds a tile into the softmax state and leaves exp(s - maximum) in `weights` (rows x columns, same
  /// stride as the tile; float32 in place, or bfloat16). `weights` may be the tile's own logits.
  /// arXiv:1805.02867, arXiv:2112.05682.
  void (*absorb_online)(const LogitTile& tile, const OnlineRows& state, DType weights_dtype, void* weights);

  /// The same, and folds the tile into the sketches.
  void (*absorb_online_with_statistics)(const LogitTile& tile, const OnlineRows& state, DType weights_dtype,
                                        void* weights, const SketchRows& sketches);

  /// Softmax state and sums of a tile whose weights nobody needs; `sums` are relative to state.maximum.
  void (*measure_entropy)(const LogitTile& tile, const OnlineRows& state, WeightSums* sums);

  /// Folds the tile into the LogitRange of every row's sketch, for normalisers that are not online.
  void (*measure_logits)(const LogitTile& tile, RowSketch* sketches);

  /// The same as top_sums() of row_sketch.h, in float32; shrinks the LargestLogits.
  TopSums (*top_sums)(RowSketch& sketch);

  /// output row / sum, or 0 where the sum is 0, for `rows` rows.
  void (*finish_online)(const OnlineRows& state, std::int64_t rows);

  /// Elementwise normalisers: leaves the weights of a tile in `weights`, as absorb_online does. `keys`: of
  /// each row. Folds the logarithms of the weights into `sketches` unless null.
  void (*weigh)(const Normaliser& normaliser, const LogitTile& tile, const RowKeys* keys, DType weights_dtype,
                void* weights, const SketchRows* sketches);

  /// Keeps what may be on the support, z being off by slack: exact, since the threshold of a part of a row is
  /// never above the row's.
  void (*absorb_threshold)(const Normaliser& normaliser, const LogitTile& tile, const ThresholdRows& state);

  /// Makes `keys` of `count` rows of keys of `width` numbers, which it overwrites.
  void (*quantise_keys)(float* rows, std::int64_t count, std::int64_t width, QuantisedKeys* keys);
  void (*quantise_query)(const float* query, std::int64_t width, QuantisedQuery* quantised,
                         std::int8_t* numbers);

  /// Fills the tile with logits that are off by no more than quantised.h says, and its `above` by tau. Null
  /// at levels that do not multiply 8-bit numbers fast.
  void (*approximate)(const QuantisedTile& from, const LogitTile& tile);

  /// Drops candidates that cannot be on the support, z being off by slack, and computes z anew for the rest:
  /// `queries`, rows x keys.width, against `keys`.
  void (*refine_threshold)(const Normaliser& normaliser, std::int64_t rows, const float* queries,
                           const StoredRows& keys, const ThresholdRows& state);

  /// Turns z of each of `count` rows into weights that sum to 1, drops what is off the support, keeping the
  /// order, and sets row.count to how many remain. A NaN or +inf makes all of a row NaN. Several rows at a
  /// time take less than one after another.
  void (*solve_threshold)(const Normaliser& normaliser, ThresholdRow* rows, std::int64_t count);

  /// Logits, products times factor, of tile.rows queries (rows x keys.width) and the first `count` keys, at
  /// least 1 and no more than the tile has columns; further columns mean nothing.
  void (*score_stored)(const float* queries, const StoredRows& keys, std::int64_t count, float factor,
                       const LogitTile& tile);

  /// The same of bfloat16, keys.width being even: every "float" of the queries is two numbers, as in
  /// multiply_pairs. Null at levels that have no such product.
  void (*score_stored_pairs)(const float* queries, const StoredRows& keys, std::int64_t count, float factor,
                             const LogitTile& tile);

  bool (*finite_stored)(const StoredRows& rows, std::int64_t count);

  /// output = the sum of weights[t] x row numbers[t], over `count` of them; rows.width elements.
  void (*gather)(const float* weights, const std::int32_t* numbers, std::int64_t count,
                 const StoredRows& rows, float* output);
};

/// The table of a level that the machine supports.
const RowCode& row_code(IsaLevel level);

}  // namespace attnlab
