// Learned parameters of scores and modifiers, and the network that all pairwise scores have in common.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace attnlab {

/// Row-major float32 matrix.
struct Matrix {
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::vector<float> values;
};

using ScoreWeights = std::map<std::string, Matrix, std::less<>>;

/// positive: from least_factor to largest_factor (arguments.h).
enum class WeightRange { any, positive };

struct WeightShape {
  std::string name;
  std::int64_t rows;  ///< 1: a vector
  std::int64_t columns;
  WeightRange range = WeightRange::any;

  /// Whether an array of these NumPy sizes fits. A vector may be (n,), (1, n) or (n, 1), which have the same
  /// layout in memory.
  bool fits(std::span<const std::int64_t> sizes) const;

  /// The sizes that fit, as text: `(64, 64)`, or for a vector `(8,), (1, 8) or (8, 1)`.
  std::string allowed() const;
};

/// The sizes of an array as NumPy writes them: `(2, 3)`, or `(2,)` for one size.
std::string shape_text(std::span<const std::int64_t> sizes);

/// Throws ArgumentError (argument `score-weights`) if `owner` needs a matrix that is missing from `weights`,
/// has a shape that does not fit, or has an element outside of its range.
void validate(const ScoreWeights& weights, std::span<const WeightShape> shapes, std::string_view owner);

/// Parameters that depend only on `seed` and the name of each matrix: Xavier-uniform (Glorot and Bengio
/// 2010), or exp of uniform numbers between -ln 2 and ln 2 if they must be positive.
ScoreWeights seeded_weights(std::span<const WeightShape> shapes, std::uint64_t seed);

enum class Activation { tanh, relu };

/// s = out . act(W2 act(Wq q + Wk k)), or out . act(Wq q + Wk k) without W2. Wq and Wk are (hidden x
/// head_dim), columns head_dim apart by `projection_stride`; W2 is (hidden2 x hidden); out has the last
/// hidden size.
struct PairwiseNet {
  std::int64_t head_dim = 0;
  std::int64_t hidden = 0;
  std::int64_t hidden2 = 0;  ///< 0: no second layer
  const float* query_projection = nullptr;
  const float* key_projection = nullptr;
  std::int64_t projection_stride = 0;  ///< from the row of one hidden unit to the next
  const float* second = nullptr;
  const float* out = nullptr;
  Activation activation = Activation::tanh;
};

/// Largest hidden size of a pairwise score.
inline constexpr std::int64_t max_hidden = 512;

}  // namespace attnlab
