// Sources of Q, K and V: synthetic, from a seed, or captured from a model.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "attnlab/core/problem.h"
#include "attnlab/core/tensor.h"
#include "attnlab/inputs/stored_array.h"

namespace attnlab {

/// A line of `attnlab list inputs`.
struct InputInfo {
  std::string_view name, parameters, summary, source;
};

struct QkvTensors {
  Tensor q, k, v;
  /// For needle inputs the position of the needle among the keys, for each (batch, kv head); else empty.
  std::vector<std::int64_t> needles = {};
  /// Number of values that are finite in the input and too large for the storage type.
  std::int64_t overflowed = 0;

  /// 16 hex digits over the bytes of Q, K and V: FNV-1a, 64 bit.
  std::string checksum() const;
  /// Number of NaN and infinite values.
  std::int64_t nonfinite() const;
};

/// The shape of a captured input.
struct CapturedShape {
  std::int64_t batch, heads, kv_heads, seqlen_q, seqlen_k, head_dim, head_dim_v;
};

class InputSource {
 public:
  /// Parses `gaussian(sigma)`, `needle(delta)`, `npy:PREFIX`, or a .npz or .safetensors file, with the names
  /// of its three arrays (`FILE:(Q,K,V)`) or without (q, k and v). Throws ArgumentError (argument `input`).
  static InputSource parse(std::string_view text);

  std::string name() const;

  /// sigma of gaussian(sigma), delta of needle(delta); nullopt for other inputs.
  std::optional<double> gaussian_deviation() const;
  std::optional<double> needle_logit() const;

  /// The files of a captured input: PREFIX_q.npy, PREFIX_k.npy, PREFIX_v.npy, or one; else empty.
  std::vector<std::string> files() const;

  /// The shape of a captured input, from the headers of its arrays, which have shape (heads, n, d) or (batch,
  /// heads, n, d); nullopt for other inputs. Throws ArgumentError (argument `input`) for files that are no
  /// such arrays or do not fit together.
  std::optional<CapturedShape> captured_shape() const;

  /// Throws ArgumentError if the input cannot have the shape of the problem: captured tensors have another
  /// shape, or a needle has one dimension.
  void require_fits(const Problem& problem) const;

  /// Q, K and V in the storage type of the problem. A synthetic row depends only on seed, tensor, head and
  /// row, so that a shorter sequence is a prefix of a longer one, except for the needle. A captured sequence
  /// gives its first rows. Throws ArgumentError if the files have another shape.
  ///
  /// gaussian(sigma): elements of q and k are normal of variance sigma, so that q.k / sqrt(d) is N(0, sigma
  /// |q|^2 / d) in a row, of variance sigma^2 over all rows; elements of v are N(0, 1).
  ///
  /// needle(delta), after Velickovic et al., arXiv:2410.01104: the needle is one key of each kv head, at a
  /// position drawn from seed, head and seqlen_k. Coordinate 0 is 1 in every query, delta sqrt(d) in the
  /// needle and 0 in every other key. The other coordinates are 0 in the needle, on a sphere in a query and
  /// normal in the other keys. So with score scaled_dot the logit of the needle is delta in every row, and
  /// the other logits of a row are independent N(0, 1). Coordinate 0 of v is 1 for the needle and 0 for all
  /// other keys, so coordinate 0 of an output row is the weight on the needle.
  QkvTensors make(const Problem& problem, std::uint64_t seed) const;

 private:
  enum class Kind { gaussian, needle, npy, npz, safetensors };
  using Names = std::array<std::string, 3>;
  InputSource(Kind kind, double parameter, std::string path = {}, Names names = {})
      : kind_(kind), parameter_(parameter), path_(std::move(path)), names_(std::move(names)) {}

  static std::optional<InputSource> parse_archive(std::string_view text);
  bool is_captured() const { return !path_.empty(); }
  /// Q, K and V of a captured input.
  std::array<StoredArray, 3> arrays() const;
  void fill_gaussian(std::uint64_t seed, QkvTensors& tensors) const;
  void fill_needle(const Shape& shape, std::uint64_t seed, QkvTensors& tensors) const;
  void fill_captured(QkvTensors& tensors) const;

  Kind kind_;
  double parameter_;
  std::string path_;  ///< prefix of .npy files, or file
  Names names_;       ///< of the arrays of a file
};

std::vector<InputInfo> input_infos();

}  // namespace attnlab
