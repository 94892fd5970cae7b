// Row code: what happens to a tile of logits between the two matrix products. One source, compiled once for
// each instruction-set level into a namespace of that level; an engine gets the table of the level in use.
#pragma once

#include <cstdint>

#include "core/dtype.h"
#include "core/isa.h"
#include "dispersion/row_sketch.h"
#include "variants/modifier.h"
#include "variants/normaliser.h"
#include "variants/score_weights.h"

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
};

/// Tiles are a whole number of lanes at every level.
inline constexpr std::int64_t row_code_columns = 16;

/// The right operand of a product, float32: groups of RowCode::panel_width columns, panel_stride floats from
/// one group to the next, row_stride from one row of a group to the next. A row-major matrix is one, too.
struct Panels {
  const float* data = nullptr;
  std::int64_t panel_stride = 0;
  std::int64_t row_stride = 0;
};

/// Softmax state of a block of rows.
struct OnlineRows {
  float* maximum = nullptr;  ///< a row each; -inf at first
  float* sum = nullptr;      ///< rows x row_code_columns: sums of lanes; 0 at first
  float* output = nullptr;   ///< rows x output_columns, unnormalised
  std::int64_t output_stride = 0;
  std::int64_t output_columns = 0;  ///< a multiple of row_code_columns
};

/// Candidates of a block of rows for the support of a row_threshold normaliser.
struct ThresholdRows {
  float* tau = nullptr;         ///< a lower bound of the threshold, in z = scale s; -inf at first
  float* maximum = nullptr;     ///< of z
  float* candidates = nullptr;  ///< rows x capacity: z above tau
  std::int32_t* keys = nullptr;
  std::int32_t* counts = nullptr;  ///< candidates of a row, or `spilled`
  std::int64_t capacity = 0;       ///< a multiple of row_code_columns, at least 4 lanes
};

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

  /// C = A B, or C += A B: A rows x depth, columns first_column … of B (both a multiple of row_code_columns).
  /// The order of summation of an element depends on `depth` alone.
  void (*multiply)(const float* a, std::int64_t a_stride, const Panels& b, std::int64_t depth,
                   std::int64_t first_column, std::int64_t columns, std::int64_t rows, float* c,
                   std::int64_t c_stride, bool accumulate);

  /// Applies one modifier to every logit of the tile.
  void (*modify)(const Modifier& modifier, const LogitTile& tile);

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
                                        void* weights, RowSketch* sketches);

  /// output row / sum, or 0 where the sum is 0, for `rows` rows.
  void (*finish_online)(const OnlineRows& state, std::int64_t rows);

  /// Elementwise normalisers: leaves the weights of a tile in `weights`, as absorb_online does. `log_keys`:
  /// ln of the keys that each row sees. Folds them into `sketches`, which start with largest = 0, unless
  /// null.
  void (*weigh)(const Normaliser& normaliser, const LogitTile& tile, const float* log_keys,
                DType weights_dtype, void* weights, RowSketch* sketches);

  /// Keeps what may be on the support: exact, since the threshold of a part of a row is never above the
  /// row's.
  void (*absorb_threshold)(const Normaliser& normaliser, const LogitTile& tile, const ThresholdRows& state);

  /// Solves one row over `count` candidates (room for a whole number of lanes behind them): turns z into
  /// weights that sum to 1, drops what is off the support, keeping the order, and returns how many remain. A
  /// NaN or +inf makes all of them NaN.
  std::int64_t (*solve_threshold)(const Normaliser& normaliser, float* z, std::int32_t* keys,
                                  std::int64_t count);

  /// output += weight x value over `columns` elements.
  void (*accumulate)(float weight, const void* value, DType dtype, float* output, std::int64_t columns);
};

/// The table of a level that the machine supports.
const RowCode& row_code(IsaLevel level);

}  // namespace attnlab
