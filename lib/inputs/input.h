// Where Q, K and V come from: seeded synthetic ones, or tensors captured from a model.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attnlab/core/problem.h"
#include "attnlab/core/tensor.h"

namespace attnlab {

/// For `attnlab list inputs`.
struct InputInfo {
  std::string_view name, parameters, summary, source;
};

struct QkvTensors {
  Tensor q, k, v;
  /// Of needle inputs: the needle's position among the keys, for each (batch, kv head); else empty.
  std::vector<std::int64_t> needles = {};

  /// 16 hex digits over the bytes of Q, K and V: FNV-1a, 64 bit.
  std::string checksum() const;
  /// NaN and infinite values.
  std::int64_t nonfinite() const;
};

/// What a captured input says of the shape; every size is known.
struct CapturedShape {
  std::int64_t batch, heads, kv_heads, seqlen_q, seqlen_k, head_dim, head_dim_v;
};

class Input {
 public:
  /// Parses `gaussian(sigma)`, `needle(delta)` or `npy:PREFIX`. Throws ArgumentError (argument `input`).
  static Input parse(std::string_view text);

  std::string name() const;

  /// sigma of gaussian(sigma), delta of needle(delta); nothing for other inputs.
  std::optional<double> gaussian_deviation() const;
  std::optional<double> needle_logit() const;

  /// What it reads: PREFIX_q.npy, PREFIX_k.npy, PREFIX_v.npy, or nothing.
  std::vector<std::string> files() const;

  /// Of npy inputs: read from the headers of PREFIX_q.npy, PREFIX_k.npy and PREFIX_v.npy, of shape (heads, n,
  /// d) or (batch, heads, n, d). Throws ArgumentError (`input`) for files that are no such arrays or do not
  /// fit together.
  std::optional<CapturedShape> captured_shape() const;

  /// Throws ArgumentError if it cannot give the problem's shape: captured tensors of another, a needle in one
  /// dimension.
  void require_fits(const Problem& problem) const;

  /// Q, K and V in the problem's storage type. Synthetic rows depend on the seed, the tensor, the head and
  /// the row alone, so that a shorter sequence is a prefix of a longer one, but for the needle; a captured
  /// sequence gives its first rows. Throws ArgumentError if the problem's shape is not that of the files.
  ///
  /// gaussian(sigma): elements of q and k are normal of variance sigma, so that q.k / sqrt(d) is N(0, sigma
  /// |q|^2 / d) in a row, of variance sigma^2 over all rows; elements of v are N(0, 1).
  ///
  /// needle(delta), after Velickovic et al., arXiv:2410.01104: one key of each kv head, at a position drawn
  /// from the seed, the head and seqlen_k. Coordinate 0 is the needle's. There every query is 1, the needle
  /// delta sqrt(d), every other key 0; the needle is 0 elsewhere. The other coordinates of a query lie on a
  /// sphere and those of the other keys are normal, so that with score scaled_dot the needle's logit is delta
  /// in every row and the others are independent N(0, 1) in each row. Coordinate 0 of v is 1 for the needle
  /// and 0 for all others: coordinate 0 of a query's output is its weight on the needle.
  QkvTensors make(const Problem& problem, std::uint64_t seed) const;

 private:
  enum class Kind { gaussian, needle, npy };
  Input(Kind kind, double parameter, std::string prefix)
      : kind_(kind), parameter_(parameter), prefix_(std::move(prefix)) {}

  void fill_gaussian(std::uint64_t seed, QkvTensors& tensors) const;
  void fill_needle(const Shape& shape, std::uint64_t seed, QkvTensors& tensors) const;
  void fill_captured(QkvTensors& tensors) const;

  Kind kind_;
  double parameter_;
  std::string prefix_;
};

std::vector<InputInfo> input_infos();

}  // namespace attnlab
